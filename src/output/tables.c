/*
 * Which columns a table has, and which of them may go on a narrow terminal (grid.h), is said in the
 * table of columns at the top of each function. Red is kept for 5xx and yellow for 4xx and lines
 * that were not understood, so that on a good day nothing is coloured.
 */
#include "output/tables.h"

#include "base/alloc.h"
#include "codes/verdict.h"
#include "output/grid.h"

#include <stdlib.h>

enum {
    TABLES_NAMES = 10,   /* names of a dimension */
    TABLES_SOURCES = 25, /* sources */
    TABLES_LABEL = 12,   /* columns before a sparkline */
    TABLES_PEAK = 20,    /* columns after it */
    TABLES_STAMP = 19,   /* columns of a time */
};

static enum page_colour class_colour(enum status_class class)
{
    return class == CLASS_5XX ? PAGE_RED : class == CLASS_4XX ? PAGE_YELLOW : PAGE_PLAIN;
}

/* A count of errors stands out, none does not. */
static enum page_colour colour_if(uint64_t n, enum page_colour colour)
{
    return n ? colour : PAGE_PLAIN;
}

/* Cells to the right of `columns` before a bar. */
static void right_cell(struct page *p, enum page_colour colour, size_t columns, const char *text)
{
    size_t len = strlen(text);
    page_blanks(p, len < columns ? columns - len : 1);
    page_text(p, colour, span_of(text));
}

void tables_classes(struct page *p, const struct tally *t)
{
    uint64_t classes[STATUS_CLASSES], most = 0;
    char text[PAGE_CELL];
    tally_classes(t, classes);
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        most = classes[c] > most ? classes[c] : most;
    }
    if (most) {
        page_heading(p, "Classes");
    }
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        if (classes[c]) {
            page_blanks(p, GRID_GAP);
            page_text(p, class_colour(c), span_of(status_class_name(c)));
            right_cell(p, class_colour(c), 22 - strlen(status_class_name(c)),
                       page_short_number(classes[c], text));
            right_cell(p, class_colour(c), 9, page_share(classes[c], t->requests, text));
            page_blanks(p, GRID_GAP);
            page_bar(p, class_colour(c), classes[c], most, p->width - 35);
            page_line_end(p);
        }
    }
}

/* Every code that was seen: the long tail is where surprises are. */
void tables_codes(struct page *p, const struct tally *t)
{
    static const struct grid_column columns[] = {
        {"code", GRID_TEXT_LEFT}, {"name", GRID_FLEXIBLE}, {"whose", GRID_EXTRA},
        {"blame", GRID_EXTRA},    {"count", GRID_NUMBER},  {"share", GRID_OPTIONAL},
    };
    char word[STATUS_TEXT];
    uint32_t *order = alloc_zero(t->n_cells, sizeof(*order));
    size_t n = tally_order(t, order);
    struct grid g = grid_over(p, columns, 6);
    for (size_t i = 0; i < n; i++) {
        const struct tally_cell *cell = &t->cells[order[i]];
        const char *vendor = verdict_vendor(cell->verdict);
        enum page_colour colour = class_colour(status_class(cell->verdict.status));
        grid_text(&g, colour, span_of(status_text(cell->verdict.status, word)));
        grid_text(&g, colour, span_of(verdict_name(cell->verdict)));
        grid_text(&g, PAGE_PLAIN, span_of(vendor[0] ? vendor : "nobody's"));
        grid_text(&g, PAGE_PLAIN, span_of(blame_name(cell->verdict.blame)));
        grid_number(&g, colour, cell->count);
        grid_share(&g, PAGE_PLAIN, cell->count, t->requests);
    }
    if (n) {
        page_heading(p, "Codes");
        grid_write(&g, p);
    }
    grid_done(&g);
    free(order);
}

void tables_blame(struct page *p, const struct tally *t)
{
    static const struct grid_column columns[] = {{"blame", GRID_TEXT_LEFT},
                                                 {"count", GRID_NUMBER},
                                                 {"share", GRID_OPTIONAL},
                                                 {"who has to act", GRID_FLEXIBLE}};
    static const char *const who[BLAMES] = {
        "nobody: all is well",
        "the client, who asked for the wrong thing or left",
        "this server or its application",
        "the server behind this one",
        "the CDN or load balancer in front",
        "the network between two of them",
        "whoever configured this server",
        "nobody, or whoever hands out credentials",
        "the code alone does not tell",
    };
    uint64_t blames[BLAMES];
    tally_blames(t, blames);
    struct grid g = grid_over(p, columns, 4);
    for (enum blame b = BLAME_NONE + 1; b < BLAMES; b++) {
        if (blames[b]) {
            grid_text(&g, PAGE_PLAIN, span_of(blame_name(b)));
            grid_number(&g, PAGE_PLAIN, blames[b]);
            grid_share(&g, PAGE_PLAIN, blames[b], t->requests);
            grid_text(&g, PAGE_PLAIN, span_of(who[b]));
        }
    }
    if (g.n_cells) {
        page_heading(p, "Who has to act");
        grid_write(&g, p);
    }
    grid_done(&g);
}

void tables_reasons(struct page *p, const struct tally *t)
{
    static const struct grid_column columns[] = {
        {"count", GRID_NUMBER}, {"blame", GRID_TEXT_LEFT}, {"reason", GRID_FLEXIBLE}};
    struct causes_row *rows = alloc_zero(2 * (size_t)reason_count(), sizeof(*rows));
    size_t n = causes_rows(t->causes, rows), shown = n < TABLES_NAMES ? n : TABLES_NAMES;
    struct grid g = grid_over(p, columns, 3);
    for (size_t i = 0; i < shown; i++) {
        char text[REASON_TEXT];
        reason_text(rows[i].reason, text);
        bool is_guess = !rows[i].is_sure && rows[i].reason != REASON_UNKNOWN;
        char *guess = is_guess ? alloc_printf("%s (likely)", text) : NULL;
        grid_number(&g, PAGE_PLAIN, rows[i].count);
        grid_text(&g, PAGE_PLAIN, span_of(blame_name(reason_blame(rows[i].reason))));
        grid_text(&g, PAGE_PLAIN, span_of(guess ? guess : text));
        free(guess);
    }
    if (n) {
        page_heading(p, "Why");
        grid_write(&g, p);
    }
    if (t->causes && t->causes->masked) {
        char text[PAGE_CELL];
        char *note = alloc_printf("%s failed tries were hidden by a retry.",
                                  page_number(t->causes->masked, text));
        page_wrapped(p, GRID_GAP, PAGE_DIM, span_of(note));
        free(note);
    }
    grid_done(&g);
    free(rows);
}

/* Servers behind, each status of theirs on a line. */
void tables_origins(struct page *p, const struct tally *t)
{
    static const struct grid_column columns[] = {{"upstream", GRID_FLEXIBLE},
                                                 {"its code", GRID_TEXT_LEFT},
                                                 {"count", GRID_NUMBER},
                                                 {"hidden by a retry", GRID_OPTIONAL}};
    const struct top_entry *entries[TABLES_NAMES];
    const struct top *top = t->causes ? t->causes->origins : NULL;
    size_t n = top ? top_largest(top, false, entries, TABLES_NAMES) : 0;
    struct grid g = grid_over(p, columns, 4);
    for (size_t i = 0; i < n; i++) {
        struct span status, server = causes_server(top_name(top, entries[i]), &status);
        grid_text(&g, PAGE_PLAIN, server);
        grid_text(&g, PAGE_PLAIN, status);
        grid_number(&g, PAGE_PLAIN, entries[i]->n[CAUSES_TRIES]);
        grid_number(&g, PAGE_PLAIN, entries[i]->n[CAUSES_MASKED]);
    }
    if (n) {
        page_heading(p, "Answers of upstreams");
        grid_write(&g, p);
    }
    grid_done(&g);
}

/* The mean of the steps that fall on column `i` of `n`. */
static double resample(const struct timeline *t, size_t i, size_t n, bool errors)
{
    size_t from = i * t->used / n, to = (i + 1) * t->used / n;
    double sum = 0;
    for (size_t at = from; at < to; at++) {
        sum += (double)(errors ? t->steps[at].e5xx : t->steps[at].requests);
    }
    return sum / (double)(to - from);
}

/* Peaks are taken from the steps themselves: the columns are means of several, and lower. */
static void write_sparkline(struct page *p, const struct timeline *t, size_t n, bool errors)
{
    double values[PAGE_MOST];
    uint64_t peak = 0;
    char text[PAGE_CELL];
    for (size_t i = 0; i < n; i++) {
        values[i] = resample(t, i, n, errors);
    }
    for (uint32_t i = 0; i < t->used; i++) {
        uint64_t count = errors ? t->steps[i].e5xx : t->steps[i].requests;
        peak = count > peak ? count : peak;
    }
    page_blanks(p, GRID_GAP);
    page_text(p, PAGE_PLAIN, errors ? SPAN("5xx       ") : SPAN("requests  "));
    page_sparkline(p, errors ? PAGE_RED : PAGE_PLAIN, values, n);
    char *most = alloc_printf("  peak %s",
                              page_rate((double)peak / (double)(UINT64_C(1) << t->shift), text));
    page_text(p, PAGE_DIM, peak ? span_of(most) : SPAN("  none"));
    page_line_end(p);
    free(most);
}

void tables_timeline(struct page *p, const struct timeline *t)
{
    char from[PAGE_CELL], to[PAGE_CELL];
    size_t room = p->width - TABLES_LABEL - TABLES_PEAK, n = t->used < room ? t->used : room;
    int64_t width_s = (int64_t)1 << t->shift;
    if (t->used == 0) {
        return;
    }
    page_heading(p, "Over time");
    write_sparkline(p, t, n, false);
    write_sparkline(p, t, n, true);
    page_time(t->first * width_s, from);
    page_time((t->first + t->used) * width_s, to);
    bool below = n > 2 * TABLES_STAMP; /* is there room for both times below the line? */
    page_blanks(p, below ? TABLES_LABEL : GRID_GAP);
    page_text(p, PAGE_DIM, span_of(from));
    if (below) {
        page_blanks(p, n - 2 * TABLES_STAMP);
    } else {
        page_line_end(p);
        page_text(p, PAGE_DIM, SPAN("  to "));
    }
    page_text(p, PAGE_DIM, span_of(to));
    page_line_end(p);
}

static void add_quantiles(struct grid *g, const char *name, enum page_colour colour,
                          const struct sketch *s)
{
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
    char text[PAGE_CELL];
    grid_text(g, colour, span_of(name));
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        grid_text(g, colour, span_of(page_duration(sketch_quantile(s, quantiles[i]), text)));
    }
    grid_text(g, colour, span_of(page_duration((double)s->max_ns / 1e9, text)));
    grid_number(g, PAGE_PLAIN, s->count);
}

/* By class, because fast failures pull the quantiles of the whole down and slow ones up. */
void tables_durations(struct page *p, const struct tally *t)
{
    static const struct grid_column columns[] = {{"class", GRID_TEXT_LEFT}, {"p50", GRID_NUMBER},
                                                 {"p90", GRID_OPTIONAL},    {"p99", GRID_NUMBER},
                                                 {"p99.9", GRID_OPTIONAL},  {"max", GRID_NUMBER},
                                                 {"count", GRID_OPTIONAL}};
    struct sketch all;
    struct grid g = grid_over(p, columns, 7);
    if (tally_durations(t, &all)) {
        page_heading(p, "Durations");
        add_quantiles(&g, "all", PAGE_PLAIN, &all);
        for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
            const struct sketch *of_class = t->durations[c];
            if (of_class && of_class->count && of_class->count < all.count) {
                add_quantiles(&g, status_class_name(c), class_colour(c), of_class);
            }
        }
        grid_write(&g, p);
    }
    grid_done(&g);
    sketch_done(&all);
}

static void add_name(struct grid *g, const struct top *top, const struct top_entry *e,
                     bool on_every_request)
{
    grid_text(g, PAGE_PLAIN, top_name(top, e));
    if (on_every_request) {
        grid_number(g, PAGE_PLAIN, e->n[TOP_REQUESTS]);
    }
    grid_number(g, colour_if(e->n[TOP_4XX], PAGE_YELLOW), e->n[TOP_4XX]);
    grid_number(g, colour_if(e->n[TOP_5XX], PAGE_RED), e->n[TOP_5XX]);
    /* A share of two counts that are mostly their error bound would look exact and mean nothing. */
    if (on_every_request && e->error > e->n[TOP_REQUESTS] / 10) {
        grid_text(g, PAGE_PLAIN, SPAN("?"));
    } else if (on_every_request) {
        grid_share(g, colour_if(e->n[TOP_5XX], PAGE_RED), e->n[TOP_5XX], e->n[TOP_REQUESTS]);
    }
}

/* The bound of the table of names (tally/top.h), for the worst of the names that are shown. */
static void write_error_note(struct page *p, uint64_t error)
{
    char text[PAGE_CELL];
    if (error) {
        char *note = alloc_printf("Counts may be up to %s too high.", page_number(error, text));
        page_wrapped(p, GRID_GAP, PAGE_DIM, span_of(note));
        free(note);
    }
}

void tables_names(struct page *p, const struct tally *t, enum tally_dimension dimension)
{
    static const struct grid_column with_requests[] = {{"name", GRID_FLEXIBLE},
                                                       {"requests", GRID_NUMBER},
                                                       {"4xx", GRID_OPTIONAL},
                                                       {"5xx", GRID_NUMBER},
                                                       {"5xx share", GRID_OPTIONAL}};
    static const struct grid_column errors_only[] = {
        {"name", GRID_FLEXIBLE}, {"4xx", GRID_NUMBER}, {"5xx", GRID_NUMBER}};
    static const char *const titles[TALLY_DIMENSIONS] = {
        "Hosts by requests", "Upstreams with errors", "Routes with errors", "Clients with errors"};
    const struct top_entry *entries[TABLES_NAMES];
    const struct top *top = t->tops[dimension];
    bool on_every_request = dimension == TALLY_HOSTS || dimension == TALLY_UPSTREAMS;
    size_t n = top ? top_largest(top, dimension != TALLY_HOSTS, entries, TABLES_NAMES) : 0;
    uint64_t error = 0;
    if (n == 0) {
        return;
    }
    struct grid g =
        grid_over(p, on_every_request ? with_requests : errors_only, on_every_request ? 5 : 3);
    for (size_t i = 0; i < n; i++) {
        add_name(&g, top, entries[i], on_every_request);
        error = entries[i]->error > error ? entries[i]->error : error;
    }
    page_heading(p, titles[dimension]);
    grid_write(&g, p);
    write_error_note(p, error);
    grid_done(&g);
}

struct source_row {
    const struct summary_source *source;
    uint64_t e5xx;
};

/* Those with the most 5xx first, then those with the most lines. */
static int compare_rows(const void *left, const void *right)
{
    const struct source_row *a = left, *b = right;
    if (a->e5xx != b->e5xx) {
        return a->e5xx < b->e5xx ? 1 : -1;
    }
    uint64_t mine = a->source->tally->lines, other = b->source->tally->lines;
    return mine != other ? (mine < other ? 1 : -1) : strcmp(a->source->name, b->source->name);
}

static void add_source(struct grid *g, const struct source_row *row)
{
    const struct tally *t = row->source->tally;
    grid_text(g, PAGE_PLAIN, span_of(row->source->name));
    grid_text(g, PAGE_PLAIN, span_of(row->source->format));
    grid_number(g, PAGE_PLAIN, t->lines);
    grid_number(g, colour_if(t->unparsed, PAGE_YELLOW), t->unparsed);
    grid_number(g, colour_if(row->e5xx, PAGE_RED), row->e5xx);
    grid_share(g, colour_if(row->e5xx, PAGE_RED), row->e5xx, t->requests);
}

void tables_sources(struct page *p, const struct summary *s)
{
    static const struct grid_column columns[] = {
        {"name", GRID_FLEXIBLE},      {"format", GRID_EXTRA}, {"lines", GRID_NUMBER},
        {"bad lines", GRID_OPTIONAL}, {"5xx", GRID_NUMBER},   {"5xx share", GRID_OPTIONAL}};
    if (s->n_sources < 2) {
        return;
    }
    struct source_row *rows = alloc_zero(s->n_sources, sizeof(*rows));
    for (size_t i = 0; i < s->n_sources; i++) {
        uint64_t classes[STATUS_CLASSES];
        tally_classes(s->sources[i].tally, classes);
        rows[i] = (struct source_row){&s->sources[i], classes[CLASS_5XX]};
    }
    qsort(rows, s->n_sources, sizeof(*rows), compare_rows);
    struct grid g = grid_over(p, columns, 6);
    size_t shown = s->n_sources < TABLES_SOURCES ? s->n_sources : TABLES_SOURCES;
    for (size_t i = 0; i < shown; i++) {
        add_source(&g, &rows[i]);
    }
    page_heading(p, "Sources");
    grid_write(&g, p);
    if (shown < s->n_sources) {
        char *more = alloc_printf("and %zu more with fewer errors", s->n_sources - shown);
        page_wrapped(p, GRID_GAP, PAGE_DIM, span_of(more));
        free(more);
    }
    grid_done(&g);
    free(rows);
}
