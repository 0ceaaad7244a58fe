/*
 * An open hash table with at least twice as many slots as sources, and a list of the few that have
 * news: what thousands of quiet sources have passed need not be looked at.
 */
#include "alert/progress.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    FIRST_CAP = 8,
};

void progress_done(struct progress *p)
{
    for (size_t i = 0; i < p->n_sources; i++) {
        free(p->sources[i].name);
    }
    free(p->sources);
    free(p->slots);
    free(p->busy);
    *p = (struct progress){0};
}

/* The slot of a name, or the free one where it belongs. */
static uint32_t *slot_of(const struct progress *p, const char *name, uint64_t hash)
{
    size_t mask = p->n_slots - 1, at = hash & mask;
    while (p->slots[at]) {
        const struct progress_source *s = &p->sources[p->slots[at] - 1];
        if (s->hash == hash && strcmp(s->name, name) == 0) {
            break;
        }
        at = (at + 1) & mask;
    }
    return &p->slots[at];
}

static void grow(struct progress *p)
{
    p->cap_sources = p->cap_sources ? 2 * p->cap_sources : FIRST_CAP;
    p->n_slots = 2 * p->cap_sources;
    p->sources = alloc_resize(p->sources, p->cap_sources, sizeof p->sources[0]);
    p->busy = alloc_resize(p->busy, p->cap_sources, sizeof p->busy[0]);
    free(p->slots);
    p->slots = alloc_zero(p->n_slots, sizeof p->slots[0]);
    for (size_t i = 0; i < p->n_sources; i++) {
        *slot_of(p, p->sources[i].name, p->sources[i].hash) = (uint32_t)i + 1;
    }
}

/* Takes a source out of the busy ones; the last of them gets its place. */
static void rest(struct progress *p, struct progress_source *s)
{
    uint32_t last = p->busy[--p->n_busy];
    p->busy[s->busy_at] = last;
    p->sources[last].busy_at = s->busy_at;
    s->busy_at = SIZE_MAX;
}

void progress_set_idle(struct progress *p, size_t number, bool idle)
{
    struct progress_source *s = &p->sources[number];
    if (idle == (s->busy_at == SIZE_MAX)) {
        return;
    }
    if (idle) {
        rest(p, s);
    } else {
        s->busy_at = p->n_busy;
        p->busy[p->n_busy++] = (uint32_t)number;
    }
}

static size_t add(struct progress *p, const char *name, uint64_t hash)
{
    if (p->n_sources == p->cap_sources) {
        grow(p);
    }
    size_t number = p->n_sources++;
    p->most = number ? p->most : INT64_MIN;
    p->sources[number] = (struct progress_source){.name = alloc_text(span_of(name)),
                                                  .hash = hash,
                                                  .closed_before = INT64_MIN,
                                                  .busy_at = SIZE_MAX};
    *slot_of(p, name, hash) = (uint32_t)number + 1;
    progress_set_idle(p, number, false);
    return number;
}

size_t progress_source(struct progress *p, const char *name)
{
    uint64_t hash = span_hash(span_of(name));
    uint32_t found = p->n_slots ? *slot_of(p, name, hash) : 0;
    return found ? found - 1 : add(p, name, hash);
}

int64_t progress_close(struct progress *p, size_t number, int64_t closed_before)
{
    int64_t *own = &p->sources[number].closed_before;
    *own = closed_before > *own ? closed_before : *own;
    p->most = *own > p->most ? *own : p->most;
    return *own;
}

int64_t progress_by_all(const struct progress *p)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < p->n_busy; i++) {
        int64_t passed = p->sources[p->busy[i]].closed_before;
        least = passed < least ? passed : least;
    }
    return p->n_busy ? least : p->most;
}
