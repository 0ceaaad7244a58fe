/*
 * Sentences and not a table: they must be understood by somebody who has just been woken up. What
 * makes the counts incomplete (sources that failed, lines that were cut or lost) stands here too,
 * never below.
 */
#include "output/headline.h"

#include "base/alloc.h"
#include "codes/verdict.h"

#include <stdlib.h>

enum {
    HEADLINE_FAILED = 5, /* sources named that could not be read */
    HEADLINE_CODES = 3,  /* 5xx codes named */
};

/* "1 line", "2 lines". */
static void add_count(struct buf *to, uint64_t n, const char *one, const char *many)
{
    char text[PAGE_CELL];
    buf_printf(to, "%s %s", page_number(n, text), n == 1 ? one : many);
}

/* Of one source, what it was read as and why: a wrong guess explains every number below it. */
static void write_read(struct page *p, const struct summary *s)
{
    struct buf line = {0};
    if (s->n_sources == 1) {
        const struct summary_source *only = &s->sources[0];
        buf_printf(&line, "%s, read as %s", only->name, only->format);
        if (only->format_reason) {
            buf_printf(&line, " (%s)", only->format_reason);
        }
    } else {
        add_count(&line, s->n_sources, "source", "sources");
    }
    page_wrapped(p, 0, PAGE_BOLD, buf_span(&line));
    buf_done(&line);
}

static void write_time(struct page *p, int64_t from_ms, int64_t to_ms)
{
    struct buf line = {0};
    char text[PAGE_CELL];
    buf_printf(&line, "%s to ", page_time(from_ms / 1000, text));
    buf_printf(&line, "%s UTC", page_time(to_ms / 1000, text));
    buf_printf(&line, " (%s)", page_span((to_ms - from_ms) / 1000, text));
    page_wrapped(p, 0, PAGE_PLAIN, buf_span(&line));
    buf_done(&line);
}

static void write_counts(struct page *p, const struct summary *s)
{
    struct buf line = {0};
    char text[PAGE_CELL];
    int64_t from_ms, to_ms;
    const struct tally *t = s->all;
    add_count(&line, t->requests, "request", "requests");
    if (summary_time(s, &from_ms, &to_ms) && to_ms > from_ms && t->requests) {
        buf_printf(&line, ", %s",
                   page_rate((double)t->requests * 1000 / (double)(to_ms - from_ms), text));
    }
    if (t->has_bytes) {
        buf_printf(&line, ", %s sent", page_bytes(t->bytes, text));
    }
    buf_text(&line, "; ");
    add_count(&line, t->lines, "line", "lines");
    if (t->unparsed) {
        buf_printf(&line, ", %s not understood", page_number(t->unparsed, text));
        buf_printf(&line, " (%s)", page_share(t->unparsed, t->lines, text));
    }
    if (t->ignored) {
        buf_printf(&line, ", %s ignored (comments, directives, blank lines)",
                   page_number(t->ignored, text));
    }
    page_wrapped(p, 0, PAGE_PLAIN, buf_span(&line));
    buf_done(&line);
}

/* The 5xx and their most frequent codes; that there are none is good to read as well. */
static void write_errors(struct page *p, const struct tally *t)
{
    struct buf line = {0};
    char text[PAGE_CELL], word[STATUS_TEXT];
    uint64_t classes[STATUS_CLASSES];
    tally_classes(t, classes);
    if (classes[CLASS_5XX] == 0) {
        page_wrapped(p, 0, PAGE_PLAIN, t->requests ? SPAN("No 5xx.") : SPAN("No requests."));
        return;
    }
    uint32_t *order = alloc_zero(t->n_cells, sizeof(*order));
    size_t n = tally_order(t, order), named = 0;
    add_count(&line, classes[CLASS_5XX], "request got a 5xx", "requests got a 5xx");
    buf_printf(&line, " (%s)", page_share(classes[CLASS_5XX], t->requests, text));
    for (size_t i = 0; i < n && named < HEADLINE_CODES; i++) {
        const struct tally_cell *cell = &t->cells[order[i]];
        if (status_class(cell->verdict.status) == CLASS_5XX) {
            buf_printf(&line, "%s%s %s ", named++ ? ", " : ": ",
                       status_text(cell->verdict.status, word), verdict_name(cell->verdict));
            buf_text(&line, page_number(cell->count, text));
        }
    }
    page_wrapped(p, 0, PAGE_RED, buf_span(&line));
    buf_done(&line);
    free(order);
}

static bool has_failed(const struct summary_source *s)
{
    return s->state && strncmp(s->state, "failed", 6) == 0;
}

/* Sources that could not be read, so that a report never passes for complete when it is not. */
static void write_failed(struct page *p, const struct summary *s)
{
    size_t failed = 0;
    for (size_t i = 0; i < s->n_sources; i++) {
        if (has_failed(&s->sources[i]) && failed++ < HEADLINE_FAILED) {
            char *line = alloc_printf("%s: %s", s->sources[i].name, s->sources[i].state);
            page_wrapped(p, 0, PAGE_RED, span_of(line));
            free(line);
        }
    }
    if (failed > HEADLINE_FAILED) {
        char *line = alloc_printf("and %zu more that failed", failed - HEADLINE_FAILED);
        page_wrapped(p, 0, PAGE_RED, span_of(line));
        free(line);
    }
}

/* What happened to the sources that makes counts less than exact. */
static void write_losses(struct page *p, const struct summary *s)
{
    struct buf line = {0};
    uint64_t long_lines = 0, truncations = 0;
    for (size_t i = 0; i < s->n_sources; i++) {
        long_lines += s->sources[i].long_lines;
        truncations += s->sources[i].truncations;
    }
    if (long_lines) {
        add_count(&line, long_lines, "line was longer than 64 KiB and cut. ",
                  "lines were longer than 64 KiB and cut. ");
    }
    if (truncations) {
        buf_text(&line, "A source became shorter ");
        add_count(&line, truncations, "time: what it lost unread is not counted.",
                  "times: what it lost unread is not counted.");
    }
    page_wrapped(p, 0, PAGE_YELLOW, buf_span(&line));
    buf_done(&line);
}

void headline_write(struct page *p, const struct summary *s)
{
    int64_t from_ms, to_ms;
    write_read(p, s);
    if (summary_time(s, &from_ms, &to_ms)) {
        write_time(p, from_ms, to_ms);
    }
    write_counts(p, s);
    write_errors(p, s->all);
    write_failed(p, s);
    write_losses(p, s);
}
