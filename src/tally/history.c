/* A hash table with open addressing over a list, as small as what was counted since the last
 * checkpoint. */
#include "tally/history.h"

#include "base/alloc.h"
#include "base/floor.h"

#include <stdlib.h>

enum {
    FIRST_SLOTS = 64,
};

void history_done(struct history *h)
{
    free(h->items);
    free(h->slots);
    *h = (struct history){0};
}

int64_t history_step(int64_t second, uint32_t width)
{
    return floor_div(second, width) * width;
}

static bool is_same(const struct history_count *a, const struct history_count *b)
{
    return a->at == b->at && a->kind == b->kind && a->width == b->width;
}

/* Where an item stands, or may be put. */
static uint32_t *slot_of(const struct history *h, const struct history_count *c)
{
    uint64_t parts[] = {(uint64_t)c->at, (uint64_t)c->width << 32 | c->kind};
    uint64_t at = span_hash((struct span){(const char *)parts, sizeof(parts)});
    for (;; at++) {
        uint32_t *slot = &h->slots[at & (h->n_slots - 1)];
        if (*slot == 0 || is_same(&h->items[*slot - 1], c)) {
            return slot;
        }
    }
}

static void grow(struct history *h)
{
    h->n_slots = h->n_slots ? h->n_slots * 2 : FIRST_SLOTS;
    free(h->slots);
    h->slots = alloc_zero(h->n_slots, sizeof(h->slots[0]));
    for (size_t i = 0; i < h->n; i++) {
        *slot_of(h, &h->items[i]) = (uint32_t)i + 1;
    }
}

void history_add(struct history *h, struct history_count c)
{
    if (c.count == 0) {
        return;
    }
    if (2 * (h->n + 1) > h->n_slots) {
        grow(h);
    }
    uint32_t *slot = slot_of(h, &c);
    if (*slot) {
        h->items[*slot - 1].count += c.count;
        return;
    }
    if (h->n >= HISTORY_MOST && c.width < HISTORY_HOUR) {
        c.width = HISTORY_HOUR;
        c.at = history_step(c.at, HISTORY_HOUR);
        history_add(h, c);
        return;
    }
    if (h->n >= 2 * HISTORY_MOST) {
        h->lost += c.count;
        return;
    }
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : FIRST_SLOTS / 2;
        h->items = alloc_resize(h->items, h->cap, sizeof(h->items[0]));
    }
    h->items[h->n++] = c;
    *slot = (uint32_t)h->n;
}

static bool is_within(int64_t second, int64_t oldest, int64_t newest)
{
    return second >= oldest && second < newest;
}

static void add_at(struct history *h, const struct history_bounds *b, int64_t second, uint32_t kind,
                   uint64_t count)
{
    if (is_within(second, b->oldest, b->newest)) {
        uint32_t width = second < b->minutes ? HISTORY_HOUR : HISTORY_MINUTE;
        history_add(h, (struct history_count){history_step(second, width), width, kind, count});
    }
}

void history_add_window(struct history *h, const struct window *w,
                        const struct history_bounds *bounds)
{
    for (uint32_t i = 0; i < w->n_records; i++) {
        const struct window_record *r = &w->records[i];
        if (window_is_whole(r)) {
            add_at(h, bounds, r->second, HISTORY_REQUESTS, r->requests);
            add_at(h, bounds, r->second, HISTORY_UNPARSED, r->unparsed);
        }
    }
    for (uint32_t i = 0; i < w->n_errors; i++) {
        const struct window_error *e = &w->errors[i];
        if (e->blame == WINDOW_MASKED || e->blame == WINDOW_ANSWERED) {
            continue; /* no answer that a client had, or no error */
        }
        add_at(h, bounds, e->second, e->status, e->count);
    }
}

void history_merge(struct history *into, const struct history *from, uint32_t width, int64_t oldest,
                   int64_t newest)
{
    for (size_t i = 0; i < from->n; i++) {
        struct history_count c = from->items[i];
        if (is_within(c.at, oldest, newest)) {
            c.width = c.width > width ? c.width : width;
            c.at = history_step(c.at, c.width);
            history_add(into, c);
        }
    }
    into->lost += from->lost;
}

static int compare(const void *left, const void *right)
{
    const struct history_count *a = left, *b = right;
    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }
    return (a->kind > b->kind) - (a->kind < b->kind);
}

void history_sort(struct history *h)
{
    if (h->n) {
        qsort(h->items, h->n, sizeof(h->items[0]), compare);
    }
}
