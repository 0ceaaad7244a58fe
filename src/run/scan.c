/*
 * One thread, the caller's, hands out pieces of work and merges what comes back; it owns all
 * sources. The present file may always have pieces under way; while it has none to hand out, those
 * behind it are read ahead.
 */
#include "run/scan.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "input/file.h"
#include "output/report.h"
#include "run/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    PROGRESS_AFTER_MS = 1000,
    PROGRESS_EVERY_MS = 200,
    PIECES_EACH = 2,        /* under way for each thread: one is read, one waits */
    FILES_EACH = 4,         /* that are read ahead, for each thread */
    AHEAD_BYTES = 16777216, /* of seconds that wait, for each thread */
    PARTS = 8,              /* of a chunk: less is not worth a thread */
};

/* A scan under way. */
struct run {
    struct scan *scan;
    struct reading_desk desk;
    struct reading *readings; /* of each source */
    size_t present;           /* whose seconds are fed */
    unsigned threads;
    int64_t began_ms, progress_ms;
    uint64_t lines; /* of the sources before the present one */
};

/* On a terminal only, and not in the first second: most scans are over by then. "\r" and "ESC[K"
 * write over the line before. */
static void show_progress(struct run *run, const struct reading *r)
{
    int64_t now = clock_mono_ms();
    if (!run->scan->shows_progress || now - run->began_ms < PROGRESS_AFTER_MS ||
        now - run->progress_ms < PROGRESS_EVERY_MS) {
        return;
    }
    run->progress_ms = now;
    uint64_t lines = run->lines + (r->source->live ? r->source->live->lines : 0);
    struct buf name = {0};
    report_escape(&name, span_of(r->source->name), 40);
    if (r->is_voted && r->size) {
        uint64_t position = r->position < r->size ? r->position : r->size;
        fprintf(stderr, "\r\033[K%s: %u %%, %.1f M lines", name.data,
                (unsigned)(position * 100 / r->size), (double)lines / 1e6);
    } else {
        fprintf(stderr, "\r\033[K%s: %.1f M lines", name.data, (double)lines / 1e6);
    }
    buf_done(&name);
}

/* The present file may not be kept waiting by those behind it. */
static bool has_room(const struct run *run, const struct reading *r)
{
    unsigned threads = run->threads, most = threads > 1 ? PIECES_EACH * threads : 1;
    if (r->is_present) {
        return r->n_pieces < most;
    }
    return run->desk.n_pieces < most && run->desk.ahead_bytes / threads < AHEAD_BYTES;
}

/* Hands out whatever may be. */
static void hand_out(struct run *run)
{
    const struct scan *scan = run->scan;
    size_t ahead = run->threads > 1 ? FILES_EACH * (size_t)run->threads : 0;
    for (size_t i = run->present; i < scan->n_sources && i <= run->present + ahead; i++) {
        struct reading *r = &run->readings[i];
        while (has_room(run, r) && reading_hand_out(r)) {
        }
    }
}

/* A file that can not be read is said and counted as failed; the others are read all the same. The
 * live tally is not needed any more: with thousands of files that is half the memory. */
static void finish(struct run *run, struct reading *r)
{
    struct source *s = r->source;
    source_finish(s);
    source_fold(s);
    source_rest(s);
    if (r->error) {
        problem_say(&r->why);
        run->scan->failed = true;
        source_set_state(s, "failed", r->why.text);
    } else {
        source_set_state(s, "done", NULL);
    }
    run->lines += s->total ? s->total->lines : 0;
}

/* Ends the present file if it is over, and those behind it that are. */
static void go_on(struct run *run)
{
    struct reading *r = &run->readings[run->present];
    while (reading_is_done(r)) {
        finish(run, r);
        if (++run->present == run->scan->n_sources) {
            return;
        }
        r++;
        reading_feed(r);
    }
    show_progress(run, r);
}

/* There may be fewer pieces than threads, and a part of a chunk is read before a thread has begun.
 * How much is in a packed file, or comes through a pipe, is not known. */
static unsigned useful_threads(const struct scan *scan, size_t chunk_bytes)
{
    uint64_t pieces = 0;
    for (size_t i = 0; i < scan->n_sources && pieces < scan->threads; i++) {
        struct stat st;
        bool is_known = stat(scan->paths[i], &st) == 0 && S_ISREG(st.st_mode);
        uint64_t parts = is_known ? (uint64_t)st.st_size / (chunk_bytes / PARTS) : scan->threads;
        pieces += parts + 1;
    }
    return pieces < scan->threads ? (unsigned)pieces : scan->threads;
}

static void start(struct run *run)
{
    const struct scan *scan = run->scan;
    size_t chunk_bytes = scan->chunk_bytes ? scan->chunk_bytes : CHUNK_BYTES;
    run->began_ms = clock_mono_ms();
    run->threads = useful_threads(scan, chunk_bytes);
    run->desk = (struct reading_desk){.pipeline = scan->pipeline,
                                      .workers = workers_new(run->threads),
                                      .chunk_bytes = chunk_bytes,
                                      .wall_ms = scan->wall_ms};
    run->readings = alloc_zero(scan->n_sources, sizeof(struct reading));
    for (size_t i = 0; i < scan->n_sources; i++) {
        run->readings[i].desk = &run->desk;
        run->readings[i].source = scan->sources[i];
        run->readings[i].path = scan->paths[i];
    }
    run->readings[0].is_present = true;
}

void scan_run(struct scan *scan)
{
    struct run run = {.scan = scan};
    if (scan->n_sources == 0) {
        return;
    }
    start(&run);
    while (run.present < scan->n_sources) {
        hand_out(&run);
        reading_come_back(workers_next(run.desk.workers));
        go_on(&run);
    }
    if (run.progress_ms) {
        fputs("\r\033[K", stderr);
    }
    reading_desk_done(&run.desk);
    workers_free(run.desk.workers);
    free(run.readings);
}
