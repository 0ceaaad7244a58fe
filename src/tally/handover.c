/*
 * All that a window holds hangs on its struct, so two windows are exchanged by assignment. Each
 * keeps memory that the other had, which is why nothing is allocated from piece to piece.
 */
#include "tally/handover.h"

#include "tally/nametable.h"

void handover_reset(struct window *w)
{
    window_drain(w);
    w->has_clock = w->has_pending = false;
    w->clock = w->pending = 0;
    memset(w->has_sampled, 0, sizeof w->has_sampled);
    memset(w->sampled, 0, sizeof w->sampled);
    w->n_head = 0;
    w->unparsed_first = w->unparsed_waiting = 0;
}

bool handover_is_due(const struct window *w)
{
    return (w->names && w->names->n > NAMETABLE_MAX / 2) ||
           w->n_errors - w->errors_at > WINDOW_ERRORS / 2 || w->n_samples > WINDOW_SAMPLES / 2 ||
           w->n_records > WINDOW_MAX_SECONDS / 2 || w->n_errors > WINDOW_MAX_SECONDS / 2;
}

void handover_move(struct window *w, struct window *out)
{
    struct window empty = *out;
    *out = *w;
    *w = empty;
    w->by = out->by;
}

size_t handover_bytes(const struct window *w)
{
    size_t n = sizeof(*w) + w->cap_records * sizeof(w->records[0]) +
               w->cap_errors * sizeof(w->errors[0]) + w->cap_samples * sizeof(w->samples[0]);
    if (w->names) {
        n += sizeof(*w->names) + w->names->cap * sizeof(w->names->items[0]) +
             w->names->n_slots * sizeof(w->names->slots[0]) + w->names->cap_bytes;
    }
    return n;
}

void handover_part(struct window *w, struct window *out)
{
    if (!w->has_clock) {
        return;
    }
    handover_move(w, out);
    char *waiting_bytes = w->waiting_bytes;
    w->has_clock = true;
    w->clock = out->clock;
    memcpy(w->has_sampled, out->has_sampled, sizeof w->has_sampled);
    memcpy(w->sampled, out->sampled, sizeof w->sampled);
    w->has_pending = out->has_pending;
    w->pending = out->pending;
    w->waiting = out->waiting;
    w->waiting_bytes = out->waiting_bytes;
    w->unparsed_waiting = out->unparsed_waiting;
    out->unparsed_waiting = 0;
    out->has_pending = false;
    out->waiting_bytes = waiting_bytes;
}

/* Is there nothing in it to be handed on, and nothing that would make a difference to a line? */
static bool is_drained(const struct window *w)
{
    return w->n_records == 0 && w->n_errors == 0 && w->n_samples == 0 && w->n_head == 0 &&
           w->unparsed_first == 0 && !w->has_pending &&
           (!w->names || w->names->n == NAMETABLE_FIRST);
}

/* A second that had its sample of a class gets no other one. */
static void drop_sample(struct window *w, size_t class, int64_t sampled)
{
    uint32_t i = 0;
    while (i < w->n_samples && ledger_sampled(w->samples[i].status) != class) {
        i++;
    }
    if (i < w->n_samples && w->samples[i].second <= sampled) {
        w->n_samples--;
        memmove(&w->samples[i], &w->samples[i + 1], (w->n_samples - i) * sizeof w->samples[0]);
    }
}

/* Lines at the head of the piece, which it could not believe, are for the merge to judge. */
bool handover_take(struct window *into, struct window *from)
{
    bool follows = from->has_clock && from->n_head == 0 && from->unparsed_first == 0 &&
                   from->n_records && from->records[0].second >= into->clock;
    if (!is_drained(into) || (into->has_clock && !follows)) {
        return false;
    }
    struct window empty = *into;
    *into = *from;
    *from = empty;
    for (size_t i = 0; i < WINDOW_SAMPLED; i++) {
        if (empty.has_sampled[i]) {
            drop_sample(into, i, empty.sampled[i]);
            into->sampled[i] = into->has_sampled[i] ? into->sampled[i] : empty.sampled[i];
            into->has_sampled[i] = true;
        }
    }
    return true;
}
