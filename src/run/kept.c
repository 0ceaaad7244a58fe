/*
 * What was known over a restart. It is written with the positions, of one moment on the loop, so it
 * is about just the lines before them. When it is read back, sums and alerts are there at once,
 * each source takes its own when its file is found, and each receiver what waits for it when it
 * starts. What no source has taken yet is written again.
 */
#include "base/alloc.h"
#include "base/packing.h"
#include "run/service.h"
#include "tally/pack.h"

#include <stdlib.h>

enum {
    JOURNAL_LEAST = 64 << 10, /* bytes: less is not worth to be replaced by all */
};

static void add(struct store *out, enum store_kind kind, const char *name, const struct tally *t)
{
    struct buf packed = {0};
    if (t && t->lines) {
        pack_tally(t, &packed);
        store_add_note(out, kind, name, packed.data, packed.len);
    }
}

static void add_total(struct store *out, const struct source *s)
{
    struct buf packed = {0};
    source_pack(s, &packed);
    if (packed.len) {
        store_add_note(out, STORE_TALLY, s->name, packed.data, packed.len);
    }
}

/* The clock only while a rule must hear of each second, since time goes on then for a source
 * without lines; and with lines that wait for it, which are in no second yet. */
static void add_clock(struct store *out, const struct source *s)
{
    struct window room;
    const struct window *w = source_window(s, &room);
    struct buf bytes = {0}, waiting = {0};
    if (!w || !(pack_has_waiting(w) || (s->is_awake && w->has_clock))) {
        return;
    }
    packing_put(&bytes, w->has_clock);
    packing_put_signed(&bytes, w->clock);
    packing_put_signed(&bytes, s->skew_s);
    if (pack_has_waiting(w)) {
        pack_waiting(w, &waiting);
    }
    packing_put_text(&bytes, buf_span(&waiting));
    store_add_note(out, STORE_CLOCK, s->name, bytes.data, bytes.len);
    buf_done(&waiting);
}

static void add_service(struct store *out, const struct service *s)
{
    struct buf bytes = {0};
    packing_put_signed(&bytes, s->interval_from_ms);
    packing_put(&bytes, s->n_deferred);
    for (size_t i = 0; i < s->n_deferred; i++) {
        packing_put_text(&bytes, span_of(s->deferred[i]));
    }
    store_add_note(out, STORE_SERVICE, "", bytes.data, bytes.len);
}

struct alert_notes {
    struct store *out;
    size_t bytes;
};

static void keep_alert(const char *name, struct buf *bytes, void *ctx)
{
    struct alert_notes *notes = ctx;
    notes->bytes += bytes->len;
    store_add_note(notes->out, STORE_ALERTS, name, bytes->data, bytes->len);
}

/* What alerts know is a thousand times what they hear of in a second, so mostly only that is
 * written: up to half as much as all would be. */
static void add_alerts(struct service *s, struct store *out, bool is_whole)
{
    struct alert_notes notes = {.out = out};
    size_t most = s->kept_whole / 2 > JOURNAL_LEAST ? s->kept_whole / 2 : JOURNAL_LEAST;
    out->adds_alerts = !is_whole && s->kept_more < most &&
                       alert_set_keep_more(s->pipeline.alerts, keep_alert, &notes);
    if (out->adds_alerts) {
        s->kept_more += notes.bytes;
        return;
    }
    alert_set_keep(s->pipeline.alerts, keep_alert, &notes);
    s->kept_whole = notes.bytes;
    s->kept_more = 0;
}

struct queue {
    struct store *out;
    const char *key;
};

static void add_copy(struct store *out, enum store_kind kind, const char *name, struct span bytes)
{
    char *copy = alloc_zero(bytes.len + 1, 1);
    if (bytes.len) {
        memcpy(copy, bytes.ptr, bytes.len);
    }
    store_add_note(out, kind, name, copy, bytes.len);
}

static void keep_body(struct span body, void *ctx)
{
    const struct queue *q = ctx;
    add_copy(q->out, STORE_QUEUE, q->key, body);
}

/* All must be folded (summaries_fold): what is in a live tally would be missing. */
void kept_write(struct service *s, struct store *out, bool is_whole)
{
    past_take(s, out);
    add_service(out, s);
    add(out, STORE_TALLY, "", &s->pipeline.total);
    if (s->pipeline.has_intervals) {
        add(out, STORE_INTERVAL, "", &s->pipeline.interval);
    }
    add_alerts(s, out, is_whole);
    for (size_t i = 0; i < s->n_hooks; i++) {
        struct queue q = {out, s->hooks[i].key};
        if (s->hooks[i].style != NOTIFY_ALERTMANAGER) { /* which gets all that fires anyway */
            outbox_each(deliver_outbox(&s->hooks[i]), keep_body, &q);
        }
    }
    for (size_t i = 0; i < s->n_found; i++) {
        const struct source *source = s->found[i]->source;
        add_total(out, source);
        if (s->pipeline.has_intervals) {
            add(out, STORE_INTERVAL, source->name, source->interval);
        }
        add_clock(out, source);
    }
    for (size_t i = 0; i < s->kept.n_notes; i++) {
        const struct store_note *n = &s->kept.notes[i];
        if (n->bytes) {
            add_copy(out, n->kind, n->name, (struct span){n->bytes, n->len});
        }
    }
}

/* Frees the bytes of one that was taken. */
static void taken(struct store_note *n, bool is_good)
{
    if (!is_good) {
        diag_say(DIAG_WARNING, "what was kept of %s before the start can't be read",
                 n->kind == STORE_ALERTS ? "alerts"
                 : n->name[0]            ? n->name
                                         : "all sources");
    }
    free(n->bytes);
    n->bytes = NULL;
}

static bool read_service(struct service *s, struct packing in)
{
    int64_t from_ms = packing_get_signed(&in);
    for (uint64_t n = packing_get_upto(&in, SERVICE_DEFERRED); n > 0 && !in.is_bad; n--) {
        struct span id = packing_get_text(&in);
        if (id.len && id.len < sizeof(s->deferred[0])) {
            memcpy(s->deferred[s->n_deferred], id.ptr, id.len);
            s->deferred[s->n_deferred++][id.len] = '\0';
        }
    }
    s->interval_from_ms = in.is_bad ? s->interval_from_ms : from_ms;
    return !in.is_bad;
}

/* What is not of one source is taken at once. */
static void read_note(struct service *s, struct store_note *n)
{
    struct span bytes = {n->bytes, n->len};
    bool is_of_all = n->name[0] == '\0';
    if (n->kind == STORE_ALERTS) {
        taken(n, alert_set_restore(s->pipeline.alerts, bytes));
    } else if (n->kind == STORE_SERVICE) {
        taken(n, read_service(s, (struct packing){.rest = bytes}));
    } else if (n->kind == STORE_TALLY && is_of_all) {
        taken(n, pack_read(&s->pipeline.total, bytes));
    } else if (n->kind == STORE_INTERVAL && is_of_all) {
        s->pipeline.has_intervals = true; /* it goes on */
        taken(n, pack_read(&s->pipeline.interval, bytes));
    } else {
        keymap_add(&s->kept_by_name, span_hash(span_of(n->name)), n);
    }
}

void kept_read(struct service *s)
{
    s->kept.notes = s->store.notes;
    s->kept.n_notes = s->store.n_notes;
    s->kept.cap_notes = s->store.cap_notes;
    s->store.notes = NULL;
    s->store.n_notes = s->store.cap_notes = 0;
    for (size_t i = 0; i < s->kept.n_notes; i++) {
        read_note(s, &s->kept.notes[i]);
    }
}

static bool read_clock(struct source *source, struct packing in)
{
    bool has_clock = packing_get_upto(&in, 1) != 0;
    int64_t clock = packing_get_signed(&in), skew_s = packing_get_signed(&in);
    struct span waiting = packing_get_text(&in);
    if (!in.is_bad && has_clock) {
        source_restore_clock(source, clock, skew_s, waiting.len > 0);
    }
    return !in.is_bad && (waiting.len == 0 || source_restore_waiting(source, waiting));
}

void kept_restore(struct service *s, struct source *source)
{
    size_t at = 0;
    struct store_note *n;
    while ((n = keymap_next(&s->kept_by_name, span_hash(span_of(source->name)), &at)) != NULL) {
        struct span bytes = {n->bytes, n->len};
        if (!n->bytes || strcmp(n->name, source->name) != 0) {
            continue;
        }
        if (n->kind == STORE_TALLY) {
            taken(n, source_restore(source, bytes));
        } else if (n->kind == STORE_INTERVAL) {
            taken(n, source_restore_interval(source, bytes));
        } else if (n->kind == STORE_CLOCK) {
            taken(n, read_clock(source, (struct packing){.rest = bytes}));
        }
    }
}

void kept_send(struct service *s, const struct hook *hook)
{
    for (size_t i = 0; i < s->kept.n_notes; i++) {
        struct store_note *n = &s->kept.notes[i];
        if (n->kind == STORE_QUEUE && n->bytes && strcmp(n->name, hook->key) == 0) {
            deliver_send(hook, (struct span){n->bytes, n->len});
            taken(n, true);
        }
    }
}

void kept_done(struct service *s)
{
    keymap_done(&s->kept_by_name);
    store_done(&s->kept);
}
