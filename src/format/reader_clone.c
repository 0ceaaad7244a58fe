/*
 * Readers of pieces of one log: a clone begins in the state of the reader it is of, and says
 * afterwards whether it would have read its piece in the same way from another state.
 */
#include "base/alloc.h"
#include "format/reader.h"
#include "format/reader_inside.h"
#include "parsers/lang/learn.h"

#include <stdlib.h>

static void take_parts(struct reader *r, const struct reader *from)
{
    if (reader_parts(r) != reader_parts(from)) {
        reader_drop_envelope(r);
    }
    if (reader_parts(r) != reader_parts(from)) {
        r->envelope = alloc_zero(1, sizeof(*r->envelope));
        envelope_take(r->envelope, from->envelope);
    }
}

/* All memories of the candidates, one after another. A candidate that was never tried has that of
 * one just opened. */
static void copy_memory(struct reader *r, char *to)
{
    for (unsigned i = 0; i < r->n; i++) {
        size_t size = r->all[i].parser->memory_size;
        if (size && !r->all[i].is_open) {
            reader_open_state(r, &r->all[i]);
        }
        if (size) {
            memcpy(to, r->all[i].state, size);
        }
        to += size;
    }
}

static void take_memory(struct reader *r, const char *from)
{
    for (unsigned i = 0; i < r->n; i++) {
        size_t size = r->all[i].parser->memory_size;
        if (size && !r->all[i].is_open) {
            reader_open_state(r, &r->all[i]);
        }
        if (size) {
            memcpy(r->all[i].state, from, size);
        }
        from += size;
    }
}

/* Puts candidate `i` of another reader into a free place of this one. */
static void copy_candidate(struct reader *r, struct candidate *to, const struct reader *of,
                           unsigned i)
{
    const char *args = of->all[i].args;
    *to = (struct candidate){.parser = of->all[i].parser,
                             .args = args ? alloc_text(span_of(args)) : NULL};
    r->layout = args && args == of->layout ? to->args : r->layout;
}

/* It shares no states: those belong to the other thread. */
struct reader *reader_clone(struct reader *of)
{
    reader_wake(of);
    struct reader *r = alloc_zero(1, sizeof(*r));
    *r = *of;
    r->all = alloc_zero(of->n + LEARNED, sizeof(r->all[0]));
    r->reason = of->reason ? alloc_text(span_of(of->reason)) : NULL;
    r->unread = (struct buf){0};
    r->n_unread = LEARN_LINES;
    r->states = NULL;
    r->envelope = NULL;
    r->start = (struct reader_start){0};
    for (unsigned i = 0; i < r->n; i++) {
        copy_candidate(r, &r->all[i], of, i);
        r->start.memory_bytes += r->all[i].parser->memory_size;
    }
    r->start.memory = alloc_zero(r->start.memory_bytes + 1, 1);
    reader_resume(r, of);
    return r;
}

/* What `as` learned since the clone was made is one more candidate of the clone, too. */
void reader_resume(struct reader *clone, struct reader *as)
{
    reader_wake(as);
    if (clone->n < as->n) {
        copy_candidate(clone, &clone->all[clone->n], as, clone->n);
        clone->n++;
    }
    clone->chosen = clone->last = clone->start.chosen = as->chosen;
    clone->rival = clone->start.rival = as->rival;
    clone->rival_run = clone->start.rival_run = as->rival_run;
    clone->switches = clone->start.switches = as->switches;
    clone->start.lead = 0;
    clone->start.is_met = clone->start.has_chosen = false;
    copy_memory(as, clone->start.memory);
    take_memory(clone, clone->start.memory);
    clone->start.parts = reader_parts(as);
    take_parts(clone, as);
}

/* Runs of a rival that reach into the piece from before do not matter when its lines before the
 * first one that the chosen format read are too few to end such a run: then nothing is left of it.
 */
static bool fits_run(const struct reader_start *start, const struct reader *as)
{
    bool is_equal =
        start->rival_run == as->rival_run && (start->rival == as->rival || start->rival_run == 0);
    unsigned most = start->rival_run > as->rival_run ? start->rival_run : as->rival_run;
    return is_equal || (start->is_met && most + start->lead < READER_SWITCH);
}

bool reader_fits(struct reader *clone, struct reader *as)
{
    reader_wake(as);
    const struct reader_start *start = &clone->start;
    if (start->chosen != as->chosen || !fits_run(start, as) || start->parts != reader_parts(as)) {
        return false;
    }
    const char *memory = start->memory;
    for (unsigned i = 0; i < as->n; i++) {
        size_t size = as->all[i].parser->memory_size;
        if (size && !as->all[i].is_open) {
            reader_open_state(as, &as->all[i]);
        }
        if (size && memcmp(as->all[i].state, memory, size) != 0) {
            return false;
        }
        memory += size;
    }
    return true;
}

void reader_take(struct reader *as, struct reader *clone)
{
    reader_wake(as);
    as->chosen = clone->chosen;
    as->last = clone->last;
    as->rival = clone->rival;
    as->rival_run = clone->rival_run;
    as->switches += clone->switches - clone->start.switches;
    if (clone->start.has_chosen) {
        reader_set_reason(as, clone->reason ? alloc_text(span_of(clone->reason)) : NULL);
    }
    copy_memory(clone, clone->start.memory);
    take_memory(as, clone->start.memory);
    take_parts(as, clone);
}
