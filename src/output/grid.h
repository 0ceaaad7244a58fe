/*
 * A table of text with aligned columns that never gets wider than its page: cells are gathered row
 * by row, then the widest flexible columns give way.
 */
#ifndef TEAPOT_OUTPUT_GRID_H
#define TEAPOT_OUTPUT_GRID_H

#include "output/page.h"

enum {
    GRID_COLUMNS = 8,
    GRID_GAP = 2,    /* blanks before each column */
    GRID_TEXT = 200, /* columns that are kept of a long text */
};

enum grid_kind {
    GRID_TEXT_LEFT,
    GRID_FLEXIBLE, /* text that may be cut */
    GRID_NUMBER,   /* to the right */
    GRID_OPTIONAL, /* a number that may be left out */
    GRID_EXTRA,    /* text that may be left out */
};

struct grid_column {
    const char *title;
    enum grid_kind kind;
};

struct grid_cell {
    size_t start, len; /* in `text` */
    enum page_colour colour;
};

struct grid {
    const struct grid_column *columns; /* borrowed */
    size_t n_columns;
    bool unicode;
    struct buf text;
    struct grid_cell *cells; /* row after row */
    size_t n_cells, cap_cells;
};

/* An empty grid for a page; grid_done frees what it holds. */
struct grid grid_over(const struct page *p, const struct grid_column *columns, size_t n_columns);
void grid_done(struct grid *g);

/* Appends a cell to the last row, or begins a new one when that is full. The text is escaped. */
void grid_text(struct grid *g, enum page_colour colour, struct span text);
void grid_number(struct grid *g, enum page_colour colour, uint64_t n);
void grid_share(struct grid *g, enum page_colour colour, uint64_t n, uint64_t of);

/* Writes the titles and all rows. */
void grid_write(const struct grid *g, struct page *p);

#endif
