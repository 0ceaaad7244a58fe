/*
 * What is kept, in memory.
 */
#include "store/store.h"

#include "base/alloc.h"
#include "store/order.h"

#include <stdlib.h>

void store_done(struct store *s)
{
    for (size_t i = 0; i < s->n_positions; i++) {
        free(s->positions[i].source);
        free(s->positions[i].path);
    }
    for (size_t i = 0; i < s->n_notes; i++) {
        free(s->notes[i].name);
        free(s->notes[i].bytes);
    }
    free(s->positions);
    free(s->notes);
    history_done(&s->history);
    *s = (struct store){0};
}

void store_add_note(struct store *s, enum store_kind kind, const char *name, char *bytes,
                    size_t len)
{
    if (s->n_notes == s->cap_notes) {
        s->cap_notes = s->cap_notes ? s->cap_notes * 2 : 16;
        s->notes = alloc_resize(s->notes, s->cap_notes, sizeof(*s->notes));
    }
    s->notes[s->n_notes++] = (struct store_note){kind, alloc_text(span_of(name)), bytes, len};
}

void store_add(struct store *s, const struct store_position *p)
{
    if (s->n_positions == s->cap_positions) {
        s->cap_positions = s->cap_positions ? s->cap_positions * 2 : 16;
        s->positions = alloc_resize(s->positions, s->cap_positions, sizeof(*s->positions));
    }
    struct store_position *own = &s->positions[s->n_positions++];
    *own = *p;
    own->source = alloc_text(span_of(p->source));
    own->path = alloc_text(span_of(p->path));
    s->is_sorted = false;
}

int store_compare(const void *a, const void *b)
{
    const struct store_position *x = a, *y = b;
    if (x->inode != y->inode) {
        return x->inode < y->inode ? -1 : 1;
    }
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    return strcmp(x->source, y->source);
}

const struct store_position *store_find(const struct store *s, const char *source, uint64_t device,
                                        uint64_t inode)
{
    char *name = alloc_text(span_of(source));
    struct store_position key = {.source = name, .device = device, .inode = inode};
    const struct store_position *found = NULL;
    if (s->is_sorted && s->n_positions) {
        found = bsearch(&key, s->positions, s->n_positions, sizeof(key), store_compare);
    }
    for (size_t i = 0; !s->is_sorted && !found && i < s->n_positions; i++) {
        found = store_compare(&key, &s->positions[i]) == 0 ? &s->positions[i] : NULL;
    }
    free(name);
    return found;
}
