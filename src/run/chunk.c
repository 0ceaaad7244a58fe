/*
 * Slices of a file that is read by offset go through one buffer that stays in the processor's
 * cache; a block is shown to the framer in slices of the same size, so that both look after the
 * tables of the window equally often.
 */
#include "run/chunk.h"

#include "base/alloc.h"
#include "tally/handover.h"

#include <stdlib.h>

enum {
    SLICE_BYTES = 262144,
    EXTRA_BYTES = 4096, /* read at a time behind the chunk's end, for the end of its last line */
    VOTE_BYTES = 16384, /* read at a time for the vote */
};

struct chunk *chunk_new(const struct pipeline *p)
{
    struct chunk *c = alloc_zero(1, sizeof(*c));
    c->fd = -1;
    pipeline_init_apart(&c->pipeline, p);
    c->piece = source_new(&c->pipeline, "", "auto", "");
    return c;
}

void chunk_times_done(struct chunk_times *t)
{
    window_done(&t->window);
}

void chunk_free(struct chunk *c)
{
    if (!c) {
        return;
    }
    for (size_t i = 0; i < c->cap_times; i++) {
        chunk_times_done(&c->times[i]);
    }
    source_free(c->piece);
    pipeline_done(&c->pipeline);
    blocks_release(&c->block);
    free(c->times);
    free(c->buf);
    free(c);
}

/* Only the vendor and the reader are the source's; verdicts are looked up anew. */
static void belong_to(struct chunk *c, const struct source *s, struct reader *reader)
{
    reader_free(c->piece->reader);
    c->piece->reader = reader;
    source_set_vendor(c->piece, source_vendor(s));
    c->piece->verdicts = NULL;
    c->of = s;
}

void chunk_prepare(struct chunk *c, const struct source *s)
{
    if (c->of == s && c->piece->reader) {
        reader_resume(c->piece->reader, s->reader);
    } else {
        belong_to(c, s, reader_clone(s->reader));
    }
}

/* What was read last was not taken: it lay behind the end, or did not fit. */
static void forget(struct chunk *c)
{
    struct source *piece = c->piece;
    if (piece->live && piece->live->lines) {
        tally_clear(piece->live);
    }
    piece->long_lines = 0;
    if (piece->time) {
        *piece->time = (struct logtime){0};
    }
    for (size_t i = 0; i < c->n_times; i++) {
        handover_reset(&c->times[i].window);
    }
    c->n_times = 0;
}

static void begin(struct chunk *c)
{
    forget(c);
    c->is_end = false;
    c->error = 0;
    if (c->fd < 0) {
        c->framer = c->block.framer;
        c->at = 0;
        c->rest = (struct span){c->block.bytes, 0};
    } else {
        if (!c->buf) {
            c->buf = alloc_zero(FRAMER_LINE_BYTES + SLICE_BYTES, 1);
        }
        /* A line that is under way at the start began before it: the framer skips it, and does not
         * count it as cut. */
        c->framer = c->at_line ? c->framer : (struct framer){.skipping = true, .cut = true};
        c->at = c->from - !c->at_line;
        c->rest = (struct span){c->buf, 0};
    }
    c->end = c->at;
}

/* Shows up to `want` more bytes of the block. True when there are no more. */
static bool show_block(struct chunk *c, size_t want)
{
    size_t left = c->block.len - (size_t)c->at;
    want = want < left ? want : left;
    c->rest.len += want;
    c->at += want;
    return want == left;
}

/* The same of the file; an error ends it as well. */
static bool show_file(struct chunk *c, size_t want)
{
    if (c->at >= c->to) {
        want = EXTRA_BYTES;
    } else if (c->to - c->at < want) {
        want = (size_t)(c->to - c->at);
    }
    if (c->rest.len) {
        memmove(c->buf, c->rest.ptr, c->rest.len);
    }
    ptrdiff_t n = file_read_at(c->fd, c->buf + c->rest.len, want, c->at);
    c->error = n < 0 ? (int)n : 0;
    size_t got = n < 0 ? 0 : (size_t)n;
    c->rest = (struct span){c->buf, c->rest.len + got};
    c->at += got;
    c->is_end = n >= 0 && got < want;
    return got < want;
}

static bool show(struct chunk *c, size_t want)
{
    return c->fd < 0 ? show_block(c, want) : show_file(c, want);
}

/* The reader counts nothing yet; that comes when it reads the same lines again. */
static bool vote(struct reader *r, struct chunk *c)
{
    uint64_t bytes = 0;
    struct span line;
    bool is_last = false;
    begin(c);
    while (!is_last) {
        is_last = show(c, VOTE_BYTES);
        bool final = is_last && !c->error && (c->fd >= 0 || c->block.is_last);
        while (framer_next(&c->framer, &c->rest, &line, final)) {
            bytes += line.len + 1;
            if ((line.len && reader_vote(r, line)) || bytes >= READER_VOTE_BYTES) {
                reader_decide(r);
                return true;
            }
        }
    }
    bool is_all = c->fd >= 0 || c->block.is_last;
    if (bytes && is_all) {
        reader_decide(r);
    }
    return is_all;
}

bool chunk_vote(struct chunk *c, const struct source *s)
{
    struct framer framer = c->framer;
    belong_to(c, s, reader_new(&s->format, s->shared->dropped));
    bool is_enough = !reader_is_undecided(c->piece->reader) || vote(c->piece->reader, c);
    c->framer = framer;
    return is_enough;
}

void chunk_take_vote(struct chunk *c, struct source *s)
{
    s->reader = c->piece->reader;
    c->piece->reader = NULL;
}

/* An empty place for times, behind those that there are. */
static struct chunk_times *add_times(struct chunk *c)
{
    if (c->n_times == c->cap_times) {
        c->times = alloc_resize(c->times, ++c->cap_times, sizeof(c->times[0]));
        c->times[c->n_times] = (struct chunk_times){.window = {.by = c->pipeline.by}};
    }
    return &c->times[c->n_times++];
}

static void move_timeline(struct tally *from, struct chunk_times *to)
{
    to->timeline = *tally_timeline(from);
    if (from->timeline) {
        timeline_clear(from->timeline);
    }
}

/* The end of the last line of the chunk, if the framer may be shown it now: it must not be shown
 * more. True when it is there. */
static bool cut_at_end(const struct chunk *c, struct span *bytes)
{
    uint64_t start = c->at - bytes->len;
    if (c->fd < 0 || c->at < c->to) {
        return false;
    }
    /* The byte in front of `to` may be that end. */
    size_t from = c->to - 1 > start ? (size_t)(c->to - 1 - start) : 0;
    size_t n = from + span_find(span_after(*bytes, from), '\n');
    bool is_there = n < bytes->len;
    bytes->len = is_there ? n + 1 : bytes->len;
    return is_there;
}

/* True when there is more to be read. */
static bool read_slice(struct chunk *c)
{
    bool is_last = show(c, SLICE_BYTES);
    bool is_whole = !c->error && !c->may_grow && (c->fd >= 0 || c->block.is_last);
    struct span bytes = c->rest;
    bool is_over = cut_at_end(c, &bytes);
    c->is_end = c->is_end && !is_over;
    bool final = is_last && is_whole && !is_over;
    size_t used = source_bytes(c->piece, &c->framer, bytes, final, c->wall_ms);
    c->rest = span_after(c->rest, used);
    c->end += used;
    if (handover_is_due(&c->piece->live->window)) {
        struct chunk_times *t = add_times(c);
        handover_part(&c->piece->live->window, &t->window);
        move_timeline(c->piece->live, t);
    }
    /* The rest of a line that is too long is nobody's. */
    bool is_passed = c->fd >= 0 && c->at >= c->to && c->framer.skipping && c->framer.cut;
    return !is_over && !is_last && !is_passed;
}

void chunk_read(struct chunk *c)
{
    begin(c);
    while (read_slice(c)) {
    }
    struct chunk_times *t = add_times(c);
    handover_move(&c->piece->live->window, &t->window);
    move_timeline(c->piece->live, t);
}

bool chunk_fits(const struct chunk *c, const struct source *s)
{
    return !s->reader || reader_fits(c->piece->reader, s->reader);
}

void chunk_take_counts(struct chunk *c, struct source *s)
{
    source_take_counts(s, c->piece, c->wall_ms);
}

void chunk_take_times(struct chunk *c, struct source *s)
{
    for (size_t i = 0; i < c->n_times; i++) {
        source_take_times(s, &c->times[i].window, &c->times[i].timeline);
    }
    c->n_times = 0;
}
