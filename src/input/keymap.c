/*
 * Open addressing with linear probing, at most three quarters full. Taking out moves later things
 * of the same run forward (Knuth, The Art of Computer Programming, 6.4, algorithm R), so there are
 * no tombstones.
 */
#include "input/keymap.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    SLOTS_AT_FIRST = 16,
};

/* Inodes are counted up: spread them (the multiplier is 2^64 divided by the golden ratio). */
static size_t home_of(const struct keymap *m, uint64_t key)
{
    return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32) & (m->n_slots - 1);
}

void keymap_done(struct keymap *m)
{
    free(m->slots);
    *m = (struct keymap){0};
}

static void place(struct keymap *m, uint64_t key, void *thing)
{
    size_t i = home_of(m, key);
    while (m->slots[i].thing) {
        i = (i + 1) & (m->n_slots - 1);
    }
    m->slots[i] = (struct keymap_slot){key, thing};
}

static void grow(struct keymap *m)
{
    struct keymap old = *m;
    m->n_slots = old.n_slots ? old.n_slots * 2 : SLOTS_AT_FIRST;
    m->slots = alloc_zero(m->n_slots, sizeof(*m->slots));
    for (size_t i = 0; i < old.n_slots; i++) {
        if (old.slots[i].thing) {
            place(m, old.slots[i].key, old.slots[i].thing);
        }
    }
    free(old.slots);
}

void keymap_add(struct keymap *m, uint64_t key, void *thing)
{
    if ((m->n_things + 1) * 4 > m->n_slots * 3) {
        grow(m);
    }
    place(m, key, thing);
    m->n_things++;
}

/* Fills the gap at `gap` with what would no longer be found behind it. */
static void close_gap(struct keymap *m, size_t gap)
{
    size_t mask = m->n_slots - 1;
    for (size_t i = (gap + 1) & mask; m->slots[i].thing; i = (i + 1) & mask) {
        size_t from_home = (i - home_of(m, m->slots[i].key)) & mask;
        size_t from_gap = (i - gap) & mask;
        if (from_home >= from_gap) {
            m->slots[gap] = m->slots[i];
            gap = i;
        }
    }
    m->slots[gap].thing = NULL;
}

void keymap_remove(struct keymap *m, uint64_t key, const void *thing)
{
    if (m->n_slots == 0) {
        return;
    }
    size_t i = home_of(m, key);
    while (m->slots[i].thing && m->slots[i].thing != thing) {
        i = (i + 1) & (m->n_slots - 1);
    }
    if (m->slots[i].thing) {
        m->n_things--;
        close_gap(m, i);
    }
}

void *keymap_next(const struct keymap *m, uint64_t key, size_t *at)
{
    if (m->n_slots == 0) {
        return NULL;
    }
    for (;; (*at)++) {
        const struct keymap_slot *slot = &m->slots[(home_of(m, key) + *at) & (m->n_slots - 1)];
        if (!slot->thing) {
            return NULL;
        }
        if (slot->key == key) {
            (*at)++;
            return slot->thing;
        }
    }
}
