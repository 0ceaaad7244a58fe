/*
 * The widths are those of the widest cells, then reduced until the row fits: first flexible
 * columns, down to a width at which a name is still a name; then optional columns, from the right;
 * and only when numbers alone are wider than the page are they cut, which an ellipsis shows.
 */
#include "output/grid.h"

#include "base/alloc.h"
#include "output/escape.h"

#include <stdlib.h>

enum {
    FLEXIBLE_LEAST = 12, /* what a flexible column keeps while others can be left out */
};

struct grid grid_over(const struct page *p, const struct grid_column *columns, size_t n_columns)
{
    return (struct grid){.columns = columns, .n_columns = n_columns, .unicode = p->unicode};
}

void grid_done(struct grid *g)
{
    buf_done(&g->text);
    free(g->cells);
    *g = (struct grid){0};
}

/* Cells keep offsets and no pointers, because the text moves when it grows. */
void grid_text(struct grid *g, enum page_colour colour, struct span text)
{
    if (g->n_cells == g->cap_cells) {
        g->cap_cells = g->cap_cells ? g->cap_cells * 2 : 64;
        g->cells = alloc_resize(g->cells, g->cap_cells, sizeof(*g->cells));
    }
    size_t start = g->text.len;
    buf_text(&g->text, ""); /* so that even an empty cell points somewhere */
    escape_terminal(&g->text, text, GRID_TEXT, g->unicode);
    g->cells[g->n_cells++] = (struct grid_cell){start, g->text.len - start, colour};
}

void grid_number(struct grid *g, enum page_colour colour, uint64_t n)
{
    char text[PAGE_CELL];
    grid_text(g, colour, span_of(page_short_number(n, text)));
}

void grid_share(struct grid *g, enum page_colour colour, uint64_t n, uint64_t of)
{
    char text[PAGE_CELL];
    grid_text(g, colour, span_of(page_share(n, of, text)));
}

static struct span cell_text(const struct grid *g, size_t cell)
{
    return (struct span){g->text.data + g->cells[cell].start, g->cells[cell].len};
}

/* Numbers stand to the right, so that their digits are below each other. */
static bool is_right(const struct grid *g, size_t column)
{
    return g->columns[column].kind == GRID_NUMBER || g->columns[column].kind == GRID_OPTIONAL;
}

/* The widest column that is wider than `least`, only among flexible ones or among all; `n_columns`
 * when there is none. */
static size_t widest(const struct grid *g, const size_t *widths, bool flexible, size_t least)
{
    size_t found = g->n_columns;
    for (size_t i = 0; i < g->n_columns; i++) {
        bool may = (g->columns[i].kind == GRID_FLEXIBLE || !flexible) && widths[i] > least;
        if (may && (found == g->n_columns || widths[i] > widths[found])) {
            found = i;
        }
    }
    return found;
}

/* The last column that may be left out and is still there. */
static size_t last_optional(const struct grid *g, const size_t *widths)
{
    for (size_t i = g->n_columns; i-- > 0;) {
        enum grid_kind kind = g->columns[i].kind;
        if (widths[i] && (kind == GRID_OPTIONAL || kind == GRID_EXTRA)) {
            return i;
        }
    }
    return g->n_columns;
}

static size_t total_width(const struct grid *g, const size_t *widths)
{
    size_t sum = 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        sum += widths[i] ? GRID_GAP + widths[i] : 0;
    }
    return sum;
}

/* Makes the columns fit. A column that is left out has the width 0. */
static void shrink(const struct grid *g, size_t *widths, size_t room)
{
    while (total_width(g, widths) > room) {
        size_t column = widest(g, widths, true, FLEXIBLE_LEAST);
        if (column < g->n_columns) {
            widths[column]--;
            continue;
        }
        column = last_optional(g, widths);
        if (column < g->n_columns) {
            widths[column] = 0;
            continue;
        }
        column = widest(g, widths, false, 1);
        if (column == g->n_columns) {
            return;
        }
        widths[column]--;
    }
}

/* Appends text of a cell that is `width` wide. The last column needs no blanks after it. */
static void write_text(struct page *p, enum page_colour colour, struct span text, size_t width,
                       bool right)
{
    struct buf cut = {0};
    escape_terminal(&cut, text, width, p->unicode);
    size_t blanks = width - escape_columns(buf_span(&cut));
    page_blanks(p, GRID_GAP + (right ? blanks : 0));
    page_text(p, colour, buf_span(&cut));
    page_blanks(p, right ? 0 : blanks);
    buf_done(&cut);
}

static void write_titles(const struct grid *g, struct page *p, const size_t *widths)
{
    for (size_t i = 0; i < g->n_columns; i++) {
        if (widths[i]) {
            write_text(p, PAGE_DIM, span_of(g->columns[i].title), widths[i], is_right(g, i));
        }
    }
    page_line_end(p);
}

/* In two passes, since the width of a column is known only after its last cell. */
void grid_write(const struct grid *g, struct page *p)
{
    size_t widths[GRID_COLUMNS];
    for (size_t i = 0; i < g->n_columns; i++) {
        widths[i] = strlen(g->columns[i].title);
    }
    for (size_t i = 0; i < g->n_cells; i++) {
        size_t columns = escape_columns(cell_text(g, i)), *width = &widths[i % g->n_columns];
        *width = columns > *width ? columns : *width;
    }
    shrink(g, widths, p->width);
    write_titles(g, p, widths);
    for (size_t i = 0; i < g->n_cells; i++) {
        size_t column = i % g->n_columns;
        if (widths[column]) {
            write_text(p, g->cells[i].colour, cell_text(g, i), widths[column], is_right(g, column));
        }
        if (column + 1 == g->n_columns) {
            page_line_end(p);
        }
    }
}
