/*
 * Pieces of work:
 *
 *     HEAD  opens a file, lets its first lines vote, and reads a file of one chunk at once
 *     FILL  fetches the next block of a file that can't be read by offset; then it is a
 *     READ  of a chunk
 *
 * While a HEAD or a FILL is under way, its worker is the only one who touches the file's members.
 */
#include "run/reading.h"

#include "base/alloc.h"
#include "input/file.h"
#include "tally/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A piece of work that comes back. */
struct piece {
    struct work work;
    struct piece *next; /* of the same file, or spare */
    struct reading *of;
    struct chunk *chunk;
    bool is_done;
    bool is_read;      /* a HEAD that was all */
    uint64_t position; /* in the packed file, after a FILL */
};

static struct piece *piece_of(struct work *work)
{
    return (struct piece *)(void *)((char *)work - offsetof(struct piece, work));
}

/* A piece behind the others of its file. */
static struct piece *add_piece(struct reading *r)
{
    struct reading_desk *desk = r->desk;
    struct piece *p = desk->spare;
    if (p) {
        desk->spare = p->next;
    } else {
        p = alloc_zero(1, sizeof(*p));
        p->chunk = chunk_new(desk->pipeline);
    }
    p->of = r;
    p->next = NULL;
    p->is_done = p->is_read = false;
    p->chunk->wall_ms = desk->wall_ms;
    *(r->first ? &r->last->next : &r->first) = p;
    r->last = p;
    r->n_pieces++;
    desk->n_pieces++;
    return p;
}

/* The first piece is done with. */
static void drop_piece(struct reading *r)
{
    struct piece *p = r->first;
    r->first = p->next;
    p->next = r->desk->spare;
    r->desk->spare = p;
    r->n_pieces--;
    r->desk->n_pieces--;
}

static void work_read(struct work *work)
{
    chunk_read(piece_of(work)->chunk);
}

static void work_fill(struct work *work)
{
    struct piece *p = piece_of(work);
    struct reading *r = p->of;
    struct block *b = &p->chunk->block;
    b->len = 0;
    b->is_last = false;
    r->error = blocks_add(r->blocks, b, &r->why);
    p->position = file_position(r->file);
}

/* Fetches blocks until their lines are enough for a vote; they become one. */
static void vote_on_blocks(struct piece *p)
{
    struct reading *r = p->of;
    r->blocks = blocks_new(r->file, r->desk->chunk_bytes);
    work_fill(&p->work);
    while (!chunk_vote(p->chunk, r->source)) {
        r->error = blocks_add(r->blocks, &p->chunk->block, &r->why);
    }
}

static void work_head(struct work *work)
{
    struct piece *p = piece_of(work);
    struct reading *r = p->of;
    struct chunk *c = p->chunk;
    r->file = file_open(r->path, &r->why);
    if (!r->file) {
        r->error = -ENOENT;
        return;
    }
    r->size = file_size(r->file);
    r->next = file_position(r->file);
    c->fd = file_by_offset(r->file);
    if (c->fd < 0) {
        vote_on_blocks(p);
        return;
    }
    c->from = r->next;
    c->to = c->from + r->desk->chunk_bytes;
    c->at_line = true;
    c->framer = (struct framer){0};
    chunk_vote(c, r->source);
    p->is_read = r->size <= c->to;
    if (p->is_read) {
        chunk_read(c);
    }
}

static void hand_out(struct piece *p, void (*run)(struct work *work))
{
    p->is_done = false;
    p->work.run = run;
    workers_add(p->of->desk->workers, &p->work);
}

static void hand_out_read(struct piece *p)
{
    p->chunk->framer = (struct framer){0};
    chunk_prepare(p->chunk, p->of->source);
    hand_out(p, work_read);
}

static void hand_out_chunk(struct reading *r)
{
    struct piece *p = add_piece(r);
    struct chunk *c = p->chunk;
    c->fd = file_by_offset(r->file);
    c->from = r->next;
    c->to = r->next += r->desk->chunk_bytes;
    c->at_line = false;
    hand_out_read(p);
}

/* One block after the other. */
static bool hand_out_fill(struct reading *r)
{
    if (r->is_filling) {
        return false;
    }
    struct piece *p = add_piece(r);
    p->chunk->fd = -1;
    r->is_filling = true;
    hand_out(p, work_fill);
    return true;
}

/* A FIFO or a terminal is not touched before its turn: to open it may take as long as it likes. */
static bool may_open(const struct reading *r)
{
    struct stat st;
    return r->is_present ||
           (strcmp(r->path, "-") != 0 && stat(r->path, &st) == 0 && S_ISREG(st.st_mode));
}

/* What is there beyond the size that the file had is found when all before it is merged. */
bool reading_hand_out(struct reading *r)
{
    if (!r->is_open) {
        r->is_open = may_open(r);
        if (r->is_open) {
            hand_out(add_piece(r), work_head);
        }
        return r->is_open;
    }
    if (!r->is_voted || r->is_over) {
        return false;
    }
    if (r->blocks) {
        return hand_out_fill(r);
    }
    if (r->next >= r->size && r->first) {
        return false;
    }
    hand_out_chunk(r);
    return true;
}

/* Its seconds are fed if it is the file's turn, or put by. */
static void take_times(struct reading *r, struct chunk *c)
{
    if (r->is_present) {
        chunk_take_times(c, r->source);
        return;
    }
    for (size_t i = 0; i < c->n_times; i++) {
        if (r->n_times == r->cap_times) {
            r->cap_times = r->cap_times ? 2 * r->cap_times : 1;
            r->times = alloc_resize(r->times, r->cap_times, sizeof(r->times[0]));
        }
        r->times[r->n_times++] = c->times[i];
        r->desk->ahead_bytes += sizeof(c->times[i]) + handover_bytes(&c->times[i].window);
        c->times[i] = (struct chunk_times){.window = {.by = c->pipeline.by}};
    }
    c->n_times = 0;
}

void reading_feed(struct reading *r)
{
    r->is_present = true;
    for (size_t i = 0; i < r->n_times; i++) {
        struct chunk_times *t = &r->times[i];
        r->desk->ahead_bytes -= sizeof(*t) + handover_bytes(&t->window);
        source_take_times(r->source, &t->window, &t->timeline);
        chunk_times_done(t);
    }
    free(r->times);
    r->times = NULL;
    r->n_times = 0;
}

/* The first piece did not begin in the right state, and so most likely none of those behind it did:
 * all that are done are read again, from the best that is known. */
static void read_again(struct reading *r)
{
    for (struct piece *p = r->first; p; p = p->next) {
        if (p->is_done) {
            hand_out_read(p);
        }
    }
}

/* The end of a file that is read by offset, where its bytes or the luck end. */
static void note_end(struct reading *r, const struct chunk *c)
{
    if (r->blocks || (!c->is_end && !c->error)) {
        return;
    }
    r->is_over = r->is_ended = true;
    r->error = c->error;
    if (c->error) {
        file_say(r->file, -c->error, &r->why);
    }
}

/* Merges the pieces that are next. */
static void merge(struct reading *r)
{
    while (r->first && r->first->is_done) {
        struct chunk *c = r->first->chunk;
        if (!r->is_ended && !chunk_fits(c, r->source)) {
            read_again(r);
            return;
        }
        if (!r->is_ended) {
            chunk_take_counts(c, r->source);
            take_times(r, c);
            r->position = r->blocks ? r->first->position : c->end;
            note_end(r, c);
        }
        drop_piece(r);
    }
}

/* The file was opened and its first lines have voted, or it could not be. */
static void head_is_done(struct piece *p)
{
    struct reading *r = p->of;
    struct chunk *c = p->chunk;
    r->is_voted = true;
    r->next = c->to;
    if (!r->file) {
        r->is_over = true;
        drop_piece(r);
    } else if (p->is_read) {
        p->is_done = true;
    } else {
        r->is_over = c->fd < 0 && c->block.is_last;
        chunk_take_vote(c, r->source);
        hand_out_read(p);
    }
}

static void close_file(struct reading *r)
{
    blocks_free(r->blocks);
    file_close(r->file);
    r->blocks = NULL;
    r->file = NULL;
}

void reading_come_back(struct work *work)
{
    struct piece *p = piece_of(work);
    struct reading *r = p->of;
    if (work->run == work_head) {
        head_is_done(p);
    } else if (work->run == work_fill) {
        r->is_filling = false;
        r->is_over = p->chunk->block.is_last;
        hand_out_read(p);
    } else {
        p->is_done = true;
    }
    merge(r);
    if (reading_is_done(r)) { /* its turn may come much later */
        close_file(r);
    }
}

bool reading_is_done(const struct reading *r)
{
    return r->is_over && !r->first;
}

void reading_desk_done(struct reading_desk *desk)
{
    while (desk->spare) {
        struct piece *p = desk->spare;
        desk->spare = p->next;
        chunk_free(p->chunk);
        free(p);
    }
}
