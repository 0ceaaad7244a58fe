/*
 * Texts stand one after another in `bytes`; an open hash table with at least twice as many slots as
 * names finds them. All memory is kept when the names are forgotten: a window does that every
 * second.
 */
#include "tally/nametable.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    FIRST_CAP = 16,
    FIRST_BYTES = 512,
};

_Static_assert(NAMETABLE_NUMBERS <= UINT16_MAX, "numbers fit into a slot");

static void grow(struct nametable *n)
{
    n->cap = n->cap ? 2 * n->cap : FIRST_CAP;
    n->cap = n->cap < NAMETABLE_NUMBERS ? n->cap : NAMETABLE_NUMBERS;
    n->items = alloc_resize(n->items, n->cap, sizeof n->items[0]);
    while (n->n_slots < 2 * n->cap) {
        n->n_slots = n->n_slots ? 2 * n->n_slots : FIRST_CAP;
    }
    n->slots = alloc_resize(n->slots, n->n_slots, sizeof n->slots[0]);
}

struct nametable *nametable_new(void)
{
    struct nametable *n = alloc_zero(1, sizeof *n);
    grow(n);
    memset(n->items, 0, NAMETABLE_FIRST * sizeof n->items[0]);
    memset(n->slots, 0, n->n_slots * sizeof n->slots[0]);
    n->n = NAMETABLE_FIRST;
    return n;
}

void nametable_free(struct nametable *n)
{
    if (n) {
        free(n->items);
        free(n->slots);
        free(n->bytes);
        free(n);
    }
}

void nametable_clear(struct nametable *n)
{
    memset(n->slots, 0, n->n_slots * sizeof n->slots[0]);
    n->items[NAMETABLE_OTHER].mark = 0;
    n->n = NAMETABLE_FIRST;
    n->len_bytes = 0;
}

/* The text of a number that is in use and not NAMETABLE_OTHER. */
static struct span own_text(const struct nametable *n, uint32_t number)
{
    return (struct span){n->bytes + n->items[number].at, n->items[number].len};
}

struct span nametable_text(const struct nametable *n, uint32_t number)
{
    if (number == NAMETABLE_OTHER) {
        return SPAN("other");
    }
    return number >= NAMETABLE_FIRST && number < n->n ? own_text(n, number)
                                                      : (struct span){NULL, 0};
}

/* The slot of a name, or the free one where it belongs. */
static uint16_t *slot_of(const struct nametable *n, struct span text, uint64_t hash)
{
    uint32_t mask = n->n_slots - 1;
    uint32_t at = (uint32_t)hash & mask;
    while (n->slots[at]) {
        uint16_t number = n->slots[at];
        if (n->items[number].hash == hash && span_equal(own_text(n, number), text)) {
            break;
        }
        at = (at + 1) & mask;
    }
    return &n->slots[at];
}

static void make_room(struct nametable *n, size_t bytes)
{
    if (n->n == n->cap) {
        grow(n);
        memset(n->slots, 0, n->n_slots * sizeof n->slots[0]);
        for (uint32_t i = NAMETABLE_FIRST; i < n->n; i++) {
            *slot_of(n, own_text(n, i), n->items[i].hash) = (uint16_t)i;
        }
    }
    while (n->cap_bytes - n->len_bytes < bytes) {
        n->cap_bytes = n->cap_bytes ? 2 * n->cap_bytes : FIRST_BYTES;
        n->bytes = alloc_resize(n->bytes, n->cap_bytes, 1);
    }
}

static uint32_t append(struct nametable *n, struct span text, uint64_t hash)
{
    if (n->n == NAMETABLE_NUMBERS) {
        return NAMETABLE_OTHER;
    }
    make_room(n, text.len);
    uint32_t number = n->n++;
    n->items[number] =
        (struct nametable_item){.hash = hash, .at = n->len_bytes, .len = (uint32_t)text.len};
    memcpy(n->bytes + n->len_bytes, text.ptr, text.len);
    n->len_bytes += (uint32_t)text.len;
    *slot_of(n, text, hash) = (uint16_t)number;
    return number;
}

uint32_t nametable_number(struct nametable *n, struct span text, uint32_t *last)
{
    text = span_head(text, NAMETABLE_BYTES);
    if (text.len == 0) {
        return NAMETABLE_NONE;
    }
    if (*last >= NAMETABLE_FIRST && *last < n->n && span_equal(own_text(n, *last), text)) {
        return *last;
    }
    uint64_t hash = span_hash(text);
    uint32_t number = *slot_of(n, text, hash);
    *last = number ? number : append(n, text, hash);
    return *last;
}

uint32_t nametable_find(const struct nametable *n, struct span text)
{
    text = span_head(text, NAMETABLE_BYTES);
    if (text.len == 0) {
        return NAMETABLE_NONE;
    }
    uint32_t number = *slot_of(n, text, span_hash(text));
    return number ? number : NAMETABLE_OTHER;
}
