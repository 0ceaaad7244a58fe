/*
 * A page of text of a certain width that a person reads: how numbers, times and shares are written,
 * lines that are wrapped, bars and sparklines. Colours and block characters only where they are
 * wanted.
 */
#ifndef TEAPOT_OUTPUT_PAGE_H
#define TEAPOT_OUTPUT_PAGE_H

#include "base/buf.h"

enum page_colour {
    PAGE_PLAIN,
    PAGE_BOLD,
    PAGE_DIM,
    PAGE_YELLOW, /* 4xx, warnings */
    PAGE_RED,    /* 5xx, critical */
};

enum {
    PAGE_LEAST = 40, /* narrower and wider terminals are taken as that wide */
    PAGE_MOST = 120,
    PAGE_CELL = 48, /* bytes that any number, share or time fits into */
};

struct page {
    struct buf *out;
    size_t width;
    bool colours, unicode;
};

/* A page on `out` (borrowed) of so many columns, 0 for 80, within PAGE_LEAST and PAGE_MOST. */
struct page page_over(struct buf *out, int columns, bool colours, bool unicode);

/* Appends harmless text in a colour. */
void page_text(struct page *p, enum page_colour colour, struct span text);

/* Appends an empty line and a heading. */
void page_heading(struct page *p, const char *title);

/* Appends `n` blanks. */
void page_blanks(struct page *p, size_t n);

/* Ends a line, without blanks at its end. */
void page_line_end(struct page *p);

/* Appends text, which is escaped, in lines that begin with `indent` blanks and end within the
 * width; words that are longer than that are broken. */
void page_wrapped(struct page *p, size_t indent, enum page_colour colour, struct span text);

/* Appends a horizontal bar for `n` out of `most`, at most `columns` wide and then blank. What is
 * more than nothing is seen. */
void page_bar(struct page *p, enum page_colour colour, uint64_t n, uint64_t most, size_t columns);

/* Appends one character for each value: blank for 0, higher blocks for more, the highest for the
 * most. */
void page_sparkline(struct page *p, enum page_colour colour, const double *values, size_t n);

/* These write NUL-terminated text and return `out`: "12,345,678" / the same, from 10^12 on as
 * "1,234,567 T" / "12.3 %" / "2026-11-22 16:43:42" in UTC / "1 h 12 min" / "12.3 ms" / "1.2 GB" /
 * "3,429/s", or per minute or hour when that is too few. */
char *page_number(uint64_t n, char out[PAGE_CELL]);
char *page_short_number(uint64_t n, char out[PAGE_CELL]);
char *page_share(uint64_t n, uint64_t of, char out[PAGE_CELL]);
char *page_time(int64_t second, char out[PAGE_CELL]);
char *page_span(int64_t seconds, char out[PAGE_CELL]);
char *page_duration(double seconds, char out[PAGE_CELL]);
char *page_bytes(uint64_t n, char out[PAGE_CELL]);
char *page_rate(double per_second, char out[PAGE_CELL]);

#endif
