/*
 * Counts over a restart. They are written with the positions, of one moment on the loop, so they
 * hold just the lines before them. When they are read back, the sum of all is there at once, and
 * each source takes its own when its file is found. What nobody has taken yet is written again.
 */
#include "base/alloc.h"
#include "run/service.h"
#include "tally/pack.h"

#include <stdlib.h>

static void add(struct store *out, const char *name, const struct tally *t)
{
    struct buf packed = {0};
    if (t && t->lines) {
        pack_tally(t, &packed);
        store_add_note(out, STORE_TALLY, name, packed.data, packed.len);
    }
}

/* All must be folded (summaries_fold): what is in a live tally would be missing. */
void kept_write(const struct service *s, struct store *out)
{
    add(out, "", &s->pipeline.total);
    for (size_t i = 0; i < s->n_found; i++) {
        add(out, s->found[i]->source->name, s->found[i]->source->total);
    }
    for (size_t i = 0; i < s->kept.n_notes; i++) {
        const struct store_note *t = &s->kept.notes[i];
        if (t->bytes) {
            char *copy = alloc_zero(t->len + 1, 1);
            memcpy(copy, t->bytes, t->len);
            store_add_note(out, t->kind, t->name, copy, t->len);
        }
    }
}

/* Frees the bytes of one that was taken. */
static void taken(struct store_note *t, bool is_good)
{
    if (!is_good) {
        diag_say(DIAG_WARNING, "the counts of %s before the start can't be read",
                 t->name[0] ? t->name : "all sources");
    }
    free(t->bytes);
    t->bytes = NULL;
}

void kept_read(struct service *s)
{
    s->kept.notes = s->store.notes;
    s->kept.n_notes = s->store.n_notes;
    s->kept.cap_notes = s->store.cap_notes;
    s->store.notes = NULL;
    s->store.n_notes = s->store.cap_notes = 0;
    for (size_t i = 0; i < s->kept.n_notes; i++) {
        struct store_note *t = &s->kept.notes[i];
        if (t->kind == STORE_TALLY && !t->name[0]) {
            taken(t, pack_read(&s->pipeline.total, (struct span){t->bytes, t->len}));
        }
    }
}

/* Sources mostly come in the order in which they were written. */
void kept_restore(struct service *s, struct source *source)
{
    size_t n = s->kept.n_notes;
    for (size_t i = 0; i < n; i++) {
        struct store_note *t = &s->kept.notes[(s->kept_at + i) % n];
        if (t->bytes && t->kind == STORE_TALLY && strcmp(t->name, source->name) == 0) {
            s->kept_at += i + 1;
            taken(t, source_restore(source, (struct span){t->bytes, t->len}));
            return;
        }
    }
}
