/*
 * Finds things by a 64-bit key. Several things may have one key: the caller looks at each. It owns
 * nothing of what it holds. A zeroed struct is an empty map.
 */
#ifndef TEAPOT_INPUT_KEYMAP_H
#define TEAPOT_INPUT_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

struct keymap_slot {
    uint64_t key;
    void *thing; /* NULL: free */
};

struct keymap {
    struct keymap_slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n_things;
};

/* Frees the map's own memory; it is empty then. */
void keymap_done(struct keymap *m);

/* Adds `thing`, which is not NULL. */
void keymap_add(struct keymap *m, uint64_t key, void *thing);

/* Takes `thing` out; nothing happens when it is not there. */
void keymap_remove(struct keymap *m, uint64_t key, const void *thing);

/* The next thing with `key`, NULL after the last. `*at` must be 0 at first; the map must not change
 * meanwhile. */
void *keymap_next(const struct keymap *m, uint64_t key, size_t *at);

#endif
