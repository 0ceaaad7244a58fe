/* libuv's pool does the work, and a loop that nobody else knows brings back what is done. */
#include "run/workers.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

/* A queue, first in first out. */
struct queue {
    struct work *first, *last;
};

struct workers {
    unsigned threads, n_away; /* n_away: handed to the pool and not back yet */
    uv_loop_t loop;           /* unused with one thread */
    struct queue waiting;     /* with one thread */
    struct queue done;
};

unsigned workers_threads(int wanted)
{
    return wanted > 0 ? (unsigned)wanted : uv_available_parallelism();
}

void workers_set_pool(unsigned threads)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", threads);
    uv_os_setenv("UV_THREADPOOL_SIZE", text);
}

struct workers *workers_new(unsigned threads)
{
    struct workers *w = alloc_zero(1, sizeof(*w));
    w->threads = threads;
    if (threads > 1) {
        workers_set_pool(threads);
        uv_loop_init(&w->loop);
    }
    return w;
}

void workers_free(struct workers *w)
{
    if (w->threads > 1) {
        uv_loop_close(&w->loop);
    }
    free(w);
}

static void put(struct queue *q, struct work *work)
{
    work->next = NULL;
    *(q->first ? &q->last->next : &q->first) = work;
    q->last = work;
}

static struct work *get(struct queue *q)
{
    struct work *work = q->first;
    q->first = work ? work->next : NULL;
    return work;
}

static void on_work(uv_work_t *request)
{
    struct work *work = request->data;
    work->run(work);
}

static void after_work(uv_work_t *request, int status)
{
    (void)status;
    struct work *work = request->data;
    work->workers->n_away--;
    put(&work->workers->done, work);
}

void workers_add(struct workers *w, struct work *work)
{
    work->workers = w;
    work->request.data = work;
    if (w->threads > 1) {
        w->n_away++;
        uv_queue_work(&w->loop, &work->request, on_work, after_work);
    } else {
        put(&w->waiting, work);
    }
}

struct work *workers_next(struct workers *w)
{
    struct work *work = get(&w->waiting);
    if (work) {
        work->run(work);
        return work;
    }
    while (!w->done.first && w->n_away) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    return get(&w->done);
}
