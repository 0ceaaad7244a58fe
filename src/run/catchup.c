/*
 * Each lent file has chunks under way in the order of its bytes; they are merged by an idle handle,
 * a few at a time. All backlogs are lent, however many: what the loop reads itself, its clients
 * wait for. A file that was forgotten stays until its last chunk has come back, for workers
 * read from its descriptor, a duplicate of the tail's.
 */
#include "run/catchup.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "run/chunk.h"
#include "run/workers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCH_BYTES = 1048576, /* of one chunk: its seconds must be merged in a short while */
    TURN_NS = 1000000,     /* of merging, before others have their turn */
    MOST_THREADS = 32,     /* the unit's TasksMax leaves room for no more than these */
};

/* A chunk under way. */
struct batch {
    struct batch *next;
    struct lent *of;
    struct chunk *chunk;
    struct framer framer; /* to begin with */
    bool is_done;
    uv_work_t work;
};

/* A file that is read here. */
struct lent {
    struct lent *next;
    struct catchup *all;
    struct tail *tail; /* NULL: forgotten */
    struct tail_file *file;
    struct source *source;
    int fd;
    uint64_t at; /* where the next chunk begins */
    struct batch *first, *last;
    unsigned n_away; /* with workers */
};

void catchup_start(struct catchup *c, uv_loop_t *loop, unsigned threads)
{
    *c = (struct catchup){.loop = loop, .threads = threads < MOST_THREADS ? threads : MOST_THREADS};
    workers_set_pool(c->threads);
    uv_idle_init(loop, &c->idle);
    c->idle.data = c;
}

static unsigned most(const struct catchup *c)
{
    return 2 * c->threads;
}

static void free_batch(struct batch *b)
{
    chunk_free(b->chunk);
    free(b);
}

/* At the end of the list. */
static void link_lent(struct lent *l)
{
    struct catchup *c = l->all;
    l->next = NULL;
    *(c->first ? &c->last->next : &c->first) = l;
    c->last = l;
    c->n_lent++;
}

static void unlink_lent(struct lent *l)
{
    struct catchup *c = l->all;
    struct lent *before = NULL, **at = &c->first;
    while (*at && *at != l) {
        before = *at;
        at = &before->next;
    }
    if (*at) {
        *at = l->next;
        c->last = l->next ? c->last : before;
        c->n_lent--;
    }
}

static void free_lent(struct lent *l)
{
    close(l->fd);
    free(l);
}

/* The first chunk is done with. */
static void drop_first(struct lent *l)
{
    struct batch *b = l->first;
    l->first = b->next;
    b->next = l->all->spare;
    l->all->spare = b;
    l->all->n_batches--;
}

/* Of a file that is forgotten. Its source may get another format now, so no reader of it is to be
 * used again; and when it was the last, nothing is. */
static void drop_done(struct lent *l)
{
    struct catchup *c = l->all;
    while (l->first && l->first->is_done) {
        drop_first(l);
    }
    for (struct batch *b = c->spare; b; b = b->next) {
        if (b->chunk->of == l->source) {
            b->chunk->of = NULL;
        }
    }
    while (c->spare && c->n_lent == 0) {
        struct batch *b = c->spare;
        c->spare = b->next;
        free_batch(b);
    }
}

static void forget(struct lent *l)
{
    unlink_lent(l);
    l->tail = NULL;
    drop_done(l);
}

static void on_work(uv_work_t *work)
{
    struct batch *b = work->data;
    chunk_read(b->chunk);
}

static void after_work(uv_work_t *work, int status);

static void hand_out(struct batch *b)
{
    b->is_done = false;
    b->chunk->framer = b->framer;
    b->chunk->wall_ms = clock_wall_ms();
    b->of->n_away++;
    chunk_prepare(b->chunk, b->of->source);
    uv_queue_work(b->of->all->loop, &b->work, on_work, after_work);
}

/* What stands behind the last whole chunk is for the tail. */
static bool has_more(const struct lent *l)
{
    struct tail_position at = tail_file_position(l->file);
    return at.offset + tail_file_lag(l->file) >= l->at + BATCH_BYTES;
}

/* One that has the source's reader already, if there is one. */
static struct batch *take_spare(struct lent *l)
{
    struct batch **at = &l->all->spare;
    while (*at && (*at)->next && (*at)->chunk->of != l->source) {
        at = &(*at)->next;
    }
    struct batch *b = *at;
    if (b) {
        *at = b->next;
    }
    return b;
}

static struct batch *new_batch(struct lent *l)
{
    struct batch *b = take_spare(l);
    if (!b) {
        b = alloc_zero(1, sizeof(*b));
        b->work.data = b;
        b->chunk = chunk_new(l->source->shared);
    }
    b->of = l;
    b->next = NULL;
    *(l->first ? &l->last->next : &l->first) = b;
    l->last = b;
    l->all->n_batches++;
    return b;
}

static void hand_out_next(struct lent *l)
{
    bool is_first = l->at == tail_file_position(l->file).offset;
    struct batch *b = new_batch(l);
    struct chunk *c = b->chunk;
    c->fd = l->fd;
    c->from = l->at;
    c->to = l->at += BATCH_BYTES;
    c->at_line = is_first;
    c->may_grow = true;
    b->framer = is_first ? *tail_file_framer(l->file) : (struct framer){0};
    hand_out(b);
}

/* Files take turns. */
static void hand_out_all(struct catchup *c)
{
    unsigned n_idle = 0;
    while (c->first && n_idle < c->n_lent && c->n_batches < most(c)) {
        struct lent *l = c->first;
        if (has_more(l)) {
            hand_out_next(l);
            n_idle = 0;
        } else {
            n_idle++;
        }
        unlink_lent(l);
        link_lent(l);
    }
}

/* The tail reads on. Chunks that are still under way are forgotten. */
static void give_back(struct lent *l)
{
    struct tail *tail = l->tail;
    struct tail_file *file = l->file;
    forget(l);
    if (l->n_away == 0) {
        free_lent(l);
    }
    tail_resume(tail, file);
}

/* Merges the first chunk. False when the file is not lent any more. */
static bool merge(struct lent *l)
{
    struct chunk *c = l->first->chunk;
    if (c->error) { /* the tail meets it too, and tells */
        give_back(l);
        return false;
    }
    /* Of a file that became shorter there may be less than was read before. */
    uint64_t offset = tail_file_position(l->file).offset;
    if (!tail_advance(l->tail, l->file, c->end > offset ? c->end : offset)) {
        return false;
    }
    struct framer *framer = tail_file_framer(l->file);
    framer->skipping = c->framer.skipping;
    framer->cut = c->framer.cut;
    chunk_take_counts(c, l->source);
    chunk_take_times(c, l->source);
    bool is_end = c->is_end;
    drop_first(l);
    if (is_end || (!l->first && !has_more(l))) {
        give_back(l);
        return false;
    }
    return true;
}

/* The first chunk did not begin in the right state; most likely none did. */
static void read_again(struct lent *l)
{
    for (struct batch *b = l->first; b; b = b->next) {
        if (b->is_done) {
            hand_out(b);
        }
    }
}

/* Merges what is next of a file, until the time is over. */
static void merge_all(struct lent *l, uint64_t until)
{
    while (l->first && l->first->is_done && uv_hrtime() < until) {
        if (!chunk_fits(l->first->chunk, l->source)) {
            read_again(l);
            return;
        }
        if (!merge(l)) {
            return;
        }
    }
}

static bool has_done(const struct catchup *c)
{
    for (const struct lent *l = c->first; l; l = l->next) {
        if (l->first && l->first->is_done) {
            return true;
        }
    }
    return false;
}

static void on_idle(uv_idle_t *idle)
{
    struct catchup *c = idle->data;
    uint64_t until = uv_hrtime() + TURN_NS;
    for (struct lent *l = c->first, *next; l; l = next) {
        next = l->next;
        merge_all(l, until);
    }
    hand_out_all(c);
    if (!has_done(c)) {
        uv_idle_stop(idle);
    }
}

static void after_work(uv_work_t *work, int status)
{
    (void)status;
    struct batch *b = work->data;
    struct lent *l = b->of;
    struct catchup *c = l->all;
    l->n_away--;
    b->is_done = true;
    if (l->tail) {
        uv_idle_start(&c->idle, on_idle);
        return;
    }
    drop_done(l);
    if (l->n_away == 0) {
        free_lent(l);
    }
    if (!c->is_stopping) {
        hand_out_all(c);
    }
}

bool catchup_take(struct catchup *c, struct tail *tail, struct tail_file *file,
                  struct source *source)
{
    bool is_decided = source->reader && !reader_is_undecided(source->reader);
    if (c->threads < 2 || !is_decided) {
        return false;
    }
    int fd = fcntl(tail_file_fd(file), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    struct lent *l = alloc_zero(1, sizeof(*l));
    *l = (struct lent){.all = c,
                       .tail = tail,
                       .file = file,
                       .source = source,
                       .fd = fd,
                       .at = tail_file_position(file).offset};
    link_lent(l);
    hand_out_all(c);
    return true;
}

void catchup_forget(struct catchup *c, const struct tail *tail, const struct tail_file *file)
{
    for (struct lent *l = c->first, *next; l; l = next) {
        next = l->next;
        if (l->tail == tail && (!file || l->file == file)) {
            forget(l);
            if (l->n_away == 0) {
                free_lent(l);
            }
        }
    }
}

void catchup_stop(struct catchup *c)
{
    c->is_stopping = true;
    uv_close((uv_handle_t *)&c->idle, NULL);
}
