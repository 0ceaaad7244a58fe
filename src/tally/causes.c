#include "tally/causes.h"

#include "base/alloc.h"

#include <stdlib.h>

struct causes *causes_new(void)
{
    struct causes *c =
        alloc_zero(1, sizeof(*c) + 2 * (size_t)reason_count() * sizeof(c->counts[0]));
    c->origins = top_new();
    return c;
}

void causes_free(struct causes *c)
{
    if (c) {
        top_free(c->origins);
        free(c);
    }
}

void causes_clear(struct causes *c)
{
    c->masked = 0;
    top_clear(c->origins);
    memset(c->counts, 0, 2 * (size_t)reason_count() * sizeof(c->counts[0]));
}

static void add_origin(struct causes *c, struct span name, uint16_t status, bool is_masked)
{
    char text[TOP_NAME_BYTES], word[STATUS_TEXT];
    uint64_t columns[TOP_COLUMNS] = {0};
    status_text(status, word);
    size_t len = strlen(word), most = sizeof(text) - len - 1;
    name = span_head(name, most);
    span_copy(text, name);
    text[name.len] = ' ';
    span_copy(text + name.len + 1, (struct span){word, len});
    columns[CAUSES_TRIES] = 1;
    columns[CAUSES_MASKED] = is_masked;
    top_add(c->origins, (struct span){text, name.len + 1 + len}, columns);
}

/* Is the status none that a server gives when all is well? */
static bool is_failure(uint16_t status)
{
    return status == STATUS_DASH || (status >= 400 && status < 600);
}

/* Names and statuses of all tries stand in the same order in two lists. */
static void add_tries(struct causes *c, struct span names, struct span statuses)
{
    while (names.len && statuses.len) {
        struct span name = judge_next_name(&names);
        uint16_t status = judge_next_try(&statuses);
        bool is_masked = statuses.len && (status == STATUS_DASH || status >= 500);
        if (name.len && !span_is(name, "-") && status < STATUS_SLOTS && is_failure(status)) {
            add_origin(c, name, status, is_masked);
        }
    }
}

void causes_add(struct causes *c, const struct event *e, const struct judgement *j, bool by_name)
{
    enum blame blame = j->verdict.blame;
    if (j->reason != REASON_NONE) {
        c->counts[2 * (size_t)j->reason + j->is_sure]++;
    }
    c->masked += judge_masked(e);
    if (!by_name || e->upstream.len == 0) {
        return;
    }
    if (e->origin.len) {
        bool is_list = span_find(e->origin, ' ') < e->origin.len;
        add_tries(c, is_list && e->flag.len ? e->flag : e->upstream, e->origin);
    } else if (j->reason != REASON_NONE && (blame == BLAME_UPSTREAM || blame == BLAME_SERVER)) {
        add_origin(c, e->upstream, e->status, false);
    }
}

void causes_merge(struct causes *into, const struct causes *from)
{
    into->masked += from->masked;
    for (size_t i = 0; i < 2 * (size_t)reason_count(); i++) {
        into->counts[i] += from->counts[i];
    }
    top_merge(into->origins, from->origins);
}

static int compare_rows(const void *left, const void *right)
{
    const struct causes_row *a = left, *b = right;
    return a->count != b->count     ? (a->count < b->count ? 1 : -1)
           : a->reason != b->reason ? (a->reason < b->reason ? -1 : 1)
                                    : b->is_sure - a->is_sure;
}

size_t causes_rows(const struct causes *c, struct causes_row *out)
{
    size_t n = 0;
    for (size_t i = 0; c && i < 2 * (size_t)reason_count(); i++) {
        if (c->counts[i]) {
            out[n++] = (struct causes_row){(uint16_t)(i / 2), i % 2 != 0, c->counts[i]};
        }
    }
    qsort(out, n, sizeof(out[0]), compare_rows);
    return n;
}

struct span causes_server(struct span name, struct span *status)
{
    size_t n = name.len;
    while (n > 0 && name.ptr[n - 1] != ' ') {
        n--;
    }
    *status = span_after(name, n);
    return span_head(name, n ? n - 1 : 0);
}
