/*
 * A run has memory of its own, which is freed when the process and its pipe are both closed: a
 * program that leaves its input unread may be gone before the write is.
 */
#include "run/program.h"

#include "base/alloc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    uv_process_t process;
    uv_pipe_t input;
    uv_write_t write;
    int open_handles;
    struct program *program; /* NULL: it is stopped */
};

struct program {
    uv_loop_t *loop;
    char **argv;
    struct outbox outbox;
    struct process *running; /* NULL: none */
    uv_timer_t limit, retry;
    uint64_t limit_ms;
    bool is_late; /* it was killed because of its time */
    int open_timers;
};

static void start_next(struct program *p);

static void on_handle_closed(uv_handle_t *handle)
{
    struct process *process = handle->data;
    if (--process->open_handles == 0) {
        free(process);
    }
}

static void close_process(struct process *process)
{
    process->program = NULL;
    uv_close((uv_handle_t *)&process->process, on_handle_closed);
    if (!uv_is_closing((uv_handle_t *)&process->input)) {
        uv_close((uv_handle_t *)&process->input, on_handle_closed);
    }
}

static void on_retry(uv_timer_t *timer)
{
    start_next(timer->data);
}

static void settle(struct program *p, enum outbox_result result, const char *why)
{
    uint64_t wait_ms = outbox_settle(&p->outbox, result, 0, why);
    if (wait_ms) {
        uv_timer_start(&p->retry, on_retry, wait_ms, 0);
    }
}

static void on_exit(uv_process_t *handle, int64_t status, int signal)
{
    struct process *process = handle->data;
    struct program *p = process->program;
    char why[64];
    close_process(process);
    p->running = NULL;
    uv_timer_stop(&p->limit);
    if (p->is_late) {
        snprintf(why, sizeof(why), "it ran for more than %g s", (double)p->limit_ms / 1000);
    } else if (signal) {
        snprintf(why, sizeof(why), "it ended by signal %d", signal);
    } else {
        snprintf(why, sizeof(why), "it ended with status %d", (int)status);
    }
    settle(p, status || signal ? OUTBOX_FAILED : OUTBOX_SENT, why);
    start_next(p);
}

/* It leads a group of its own, so that what it started goes with it. */
static void kill_group(const struct process *process)
{
    if (process->process.pid > 1) {
        kill(-process->process.pid, SIGKILL);
    }
}

static void on_limit(uv_timer_t *timer)
{
    struct program *p = timer->data;
    p->is_late = true;
    kill_group(p->running);
}

/* Whether it read all is its own business: the exit status says how it went. */
static void on_written(uv_write_t *write, int error)
{
    struct process *process = write->data;
    (void)error;
    if (!uv_is_closing((uv_handle_t *)&process->input)) {
        uv_close((uv_handle_t *)&process->input, on_handle_closed);
    }
}

static int spawn(struct program *p, struct process *process)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&process->input},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t options = {.exit_cb = on_exit,
                                    .file = p->argv[0],
                                    .args = p->argv,
                                    .cwd = "/",
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = sizeof(stdio) / sizeof(stdio[0]),
                                    .stdio = stdio};
    uv_pipe_init(p->loop, &process->input, 0);
    process->input.data = process->process.data = process->write.data = process;
    process->open_handles = 2;
    return uv_spawn(p->loop, &process->process, &options);
}

/* Runs it with the next text, when there is one and it is time. */
static void start_next(struct program *p)
{
    if (p->running || uv_is_active((uv_handle_t *)&p->retry)) {
        return;
    }
    const struct outbox_body *text = outbox_next(&p->outbox);
    if (!text) {
        return;
    }
    struct process *process = alloc_zero(1, sizeof(*process));
    int error = spawn(p, process);
    if (error) {
        char why[128];
        close_process(process);
        snprintf(why, sizeof(why), "it can't be started: %s", uv_strerror(error));
        settle(p, OUTBOX_FAILED, why);
        start_next(p); /* when it was given up: another one may wait */
        return;
    }
    process->program = p;
    p->running = process;
    p->is_late = false;
    uv_timer_start(&p->limit, on_limit, p->limit_ms, 0);
    uv_buf_t bytes = uv_buf_init(text->bytes, (unsigned)text->len);
    uv_write(&process->write, (uv_stream_t *)&process->input, &bytes, 1, on_written);
}

struct program *program_start(uv_loop_t *loop, const char *name, const char *const *argv)
{
    struct program *p = alloc_zero(1, sizeof(*p));
    size_t n = 0;
    while (argv[n]) {
        n++;
    }
    p->loop = loop;
    p->limit_ms = PROGRAM_LIMIT_MS;
    p->argv = alloc_zero(n + 1, sizeof(char *));
    for (size_t i = 0; i < n; i++) {
        p->argv[i] = alloc_text(span_of(argv[i]));
    }
    outbox_init(&p->outbox, name);
    uv_timer_init(loop, &p->limit);
    uv_timer_init(loop, &p->retry);
    p->open_timers = 2;
    p->limit.data = p->retry.data = p;
    return p;
}

void program_send(struct program *p, struct span text)
{
    outbox_put(&p->outbox, text);
    start_next(p);
}

void program_set_times(struct program *p, uint64_t limit_ms, uint64_t backoff_ms)
{
    p->limit_ms = limit_ms;
    p->outbox.first_wait_ms = backoff_ms;
}

const struct outbox *program_outbox(const struct program *p)
{
    return &p->outbox;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct program *p = handle->data;
    if (--p->open_timers == 0) {
        free(p);
    }
}

void program_stop(struct program *p)
{
    if (!p) {
        return;
    }
    if (p->running) {
        kill_group(p->running);
        close_process(p->running);
    }
    outbox_done(&p->outbox);
    for (size_t i = 0; p->argv[i]; i++) {
        free(p->argv[i]);
    }
    free(p->argv);
    uv_close((uv_handle_t *)&p->limit, on_timer_closed);
    uv_close((uv_handle_t *)&p->retry, on_timer_closed);
}
