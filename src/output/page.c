/*
 * Widths are counted in columns and never in bytes; text that came from a log is escaped before it
 * is measured or cut. Numbers are made for reading: three digits where more would say nothing.
 */
#include "output/page.h"

#include "base/clock.h"
#include "output/escape.h"

#include <inttypes.h>
#include <stdio.h>

struct page page_over(struct buf *out, int columns, bool colours, bool unicode)
{
    int width = columns <= 0 ? 80 : columns;
    width = width < PAGE_LEAST ? PAGE_LEAST : width > PAGE_MOST ? PAGE_MOST : width;
    return (struct page){out, (size_t)width, colours, unicode};
}

/* SGR sequences of ECMA-48, the ones that every terminal has. */
static const char *colour_start(enum page_colour colour)
{
    static const char *const starts[] = {"", "\033[1m", "\033[2m", "\033[33m", "\033[1;31m"};
    return starts[colour];
}

void page_text(struct page *p, enum page_colour colour, struct span text)
{
    bool coloured = p->colours && colour != PAGE_PLAIN && text.len;
    if (coloured) {
        buf_text(p->out, colour_start(colour));
    }
    buf_add(p->out, text);
    if (coloured) {
        buf_text(p->out, "\033[0m");
    }
}

void page_blanks(struct page *p, size_t n)
{
    char *to = buf_room(p->out, n);
    memset(to, ' ', n);
    to[n] = '\0';
    p->out->len += n;
}

void page_line_end(struct page *p)
{
    while (p->out->len && p->out->data[p->out->len - 1] == ' ') {
        p->out->len--;
    }
    buf_byte(p->out, '\n');
}

/* How many bytes of `text` (not empty) go on a line of `room` columns: up to the last blank that
 * fits, else up to the last character that does, but at least one. */
static size_t line_bytes(struct span text, size_t room)
{
    size_t at = 0, blank = 0, columns = 0;
    while (at < text.len) {
        uint32_t point;
        size_t n = escape_point(span_after(text, at), &point);
        n = n ? n : 1;
        columns += escape_columns((struct span){text.ptr + at, n});
        if (text.ptr[at] == ' ') {
            blank = at;
        }
        if (columns > room) {
            return blank ? blank : at ? at : n;
        }
        at += n;
    }
    return text.len;
}

void page_wrapped(struct page *p, size_t indent, enum page_colour colour, struct span text)
{
    struct buf safe = {0};
    escape_terminal(&safe, text, SIZE_MAX, p->unicode);
    for (struct span rest = span_trim(buf_span(&safe)); rest.len; rest = span_trim(rest)) {
        size_t n = line_bytes(rest, p->width - indent);
        page_blanks(p, indent);
        page_text(p, colour, span_head(rest, n));
        page_line_end(p);
        rest = span_after(rest, n);
    }
    buf_done(&safe);
}

void page_heading(struct page *p, const char *title)
{
    buf_byte(p->out, '\n');
    page_wrapped(p, 0, PAGE_BOLD, span_of(title));
}

void page_bar(struct page *p, enum page_colour colour, uint64_t n, uint64_t most, size_t columns)
{
    /* Block characters fill a column from the left in eighths. */
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double share = most ? (double)n / (double)most : 0;
    size_t parts = (size_t)(share * (double)columns * 8 + 0.5);
    parts = parts > columns * 8 ? columns * 8 : parts;
    parts = n && parts == 0 ? 1 : parts;
    struct buf bar = {0};
    size_t full = p->unicode ? parts / 8 : (parts + 7) / 8;
    size_t used = full;
    for (size_t i = 0; i < full; i++) {
        buf_text(&bar, p->unicode ? "█" : "#");
    }
    if (p->unicode && parts % 8) {
        buf_text(&bar, eighths[parts % 8]);
        used++;
    }
    page_text(p, colour, buf_span(&bar));
    page_blanks(p, columns - used);
    buf_done(&bar);
}

void page_sparkline(struct page *p, enum page_colour colour, const double *values, size_t n)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"};
    size_t levels = p->unicode ? 8 : 9;
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        most = values[i] > most ? values[i] : most;
    }
    struct buf line = {0};
    for (size_t i = 0; i < n; i++) {
        size_t level =
            values[i] > 0 ? 1 + (size_t)(values[i] / most * (double)(levels - 1) + 0.5) : 0;
        level = level > levels ? levels : level;
        buf_text(&line, p->unicode ? blocks[level] : ascii[level]);
    }
    page_text(p, colour, buf_span(&line));
    buf_done(&line);
}

char *page_number(uint64_t n, char out[PAGE_CELL])
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

char *page_short_number(uint64_t n, char out[PAGE_CELL])
{
    const uint64_t tera = 1000000000000;
    page_number(n < tera ? n : n / tera, out);
    if (n >= tera) {
        memcpy(out + strlen(out), " T", 3);
    }
    return out;
}

char *page_share(uint64_t n, uint64_t of, char out[PAGE_CELL])
{
    double percent = of ? 100.0 * (double)n / (double)of : 0;
    if (n == 0 || n == of) {
        snprintf(out, PAGE_CELL, "%d %%", n ? 100 : 0);
    } else if (percent < 0.01) {
        snprintf(out, PAGE_CELL, "<0.01 %%");
    } else if (percent < 1) {
        snprintf(out, PAGE_CELL, "%.2f %%", percent);
    } else {
        /* Nearly all is not all. */
        snprintf(out, PAGE_CELL, "%.1f %%", percent > 99.9 && percent < 100 ? 99.9 : percent);
    }
    return out;
}

/* From "2026-11-22T16:43:42Z": a blank reads better than a T, and the page says once that it is
 * UTC. */
char *page_time(int64_t second, char out[PAGE_CELL])
{
    char text[CLOCK_TEXT];
    clock_rfc3339(second * 1000, text);
    snprintf(out, PAGE_CELL, "%.10s %.8s", text, text + 11);
    return out;
}

/* "3 d 4 h" and the like: a large and a small unit. */
static char *two_units(int64_t n, int64_t small, const char *names[2], char out[PAGE_CELL])
{
    if (n % small) {
        snprintf(out, PAGE_CELL, "%" PRId64 " %s %" PRId64 " %s", n / small, names[0], n % small,
                 names[1]);
    } else {
        snprintf(out, PAGE_CELL, "%" PRId64 " %s", n / small, names[0]);
    }
    return out;
}

char *page_span(int64_t seconds, char out[PAGE_CELL])
{
    if (seconds < 60) {
        snprintf(out, PAGE_CELL, "%" PRId64 " s", seconds);
        return out;
    }
    if (seconds < 3600) {
        return two_units(seconds, 60, (const char *[]){"min", "s"}, out);
    }
    if (seconds < 2 * 86400) {
        return two_units(seconds / 60, 60, (const char *[]){"h", "min"}, out);
    }
    return two_units(seconds / 3600, 24, (const char *[]){"d", "h"}, out);
}

/* Three significant digits of a number below 1000. */
static void three_digits(double x, const char *unit, char out[PAGE_CELL])
{
    int decimals = x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
    snprintf(out, PAGE_CELL, "%.*f %s", decimals, x, unit);
}

char *page_duration(double s, char out[PAGE_CELL])
{
    if (s < 0.9995e-3) {
        three_digits(s * 1e6, "us", out);
    } else if (s < 0.9995) {
        three_digits(s * 1e3, "ms", out);
    } else if (s < 120) {
        three_digits(s, "s", out);
    } else {
        page_span(s < 1e15 ? (int64_t)(s + 0.5) : INT64_C(1000000000000000), out);
    }
    return out;
}

char *page_bytes(uint64_t n, char out[PAGE_CELL])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double x = (double)n / 1000;
    size_t unit = 0;
    /* No "1.00" of bytes: there are no parts of one. */
    if (n < 1000) {
        snprintf(out, PAGE_CELL, "%u bytes", (unsigned)n);
        return out;
    }
    while (x >= 999.5 && unit < 5) {
        x /= 1000;
        unit++;
    }
    three_digits(x, units[unit], out);
    return out;
}

char *page_rate(double per_second, char out[PAGE_CELL])
{
    static const char *const units[] = {"/s", "/min", "/h"};
    size_t unit = 0;
    for (; per_second < 1 && unit < 2; unit++) {
        per_second *= 60;
    }
    if (per_second < 99.95) {
        snprintf(out, PAGE_CELL, "%.1f%s", per_second, units[unit]);
        return out;
    }
    page_number(per_second < 1e15 ? (uint64_t)(per_second + 0.5) : UINT64_C(1000000000000000), out);
    memcpy(out + strlen(out), units[unit], strlen(units[unit]) + 1);
    return out;
}
