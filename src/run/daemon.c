/*
 * The loop. Start-up is a column of steps, the end is the same column from below; everything in
 * between happens in callbacks: bytes from sections, a tick each second that closes seconds for the
 * alerts, the end of an interval, a checkpoint written by a worker, signals, and the stats socket.
 */
#include "run/daemon.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "run/oneshot.h"
#include "run/process.h"
#include "run/service.h"
#include "run/systemd.h"
#include "run/terminal.h"
#include "run/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 1000,
    INTERVAL_MS = 10000, /* when no summaries are written, for /summary?last= */
    SOCKETS = 16,        /* handed over by the service manager */
};

_Static_assert(CONFIG_KEEP_HOST == 1 << TALLY_HOSTS &&
                   CONFIG_KEEP_UPSTREAM == 1 << TALLY_UPSTREAMS &&
                   CONFIG_KEEP_ROUTE == 1 << TALLY_ROUTES &&
                   CONFIG_KEEP_CLIENT == 1 << TALLY_CLIENTS,
               "the configuration's dimensions are the tally's");

/* Standard output may be full or closed: a failure is remembered for the exit status, and reading
 * goes on. */
void service_write_failed(int error, void *ctx)
{
    struct service *s = ctx;
    if (error == -EPIPE) { /* nobody reads any more: like head, that is a good end */
        s->stop(s);
    } else {
        diag_say(DIAG_ERROR, "can't write: %s", strerror(-error));
        s->failed = true;
    }
}

/* What `systemctl status` shows, renewed with each interval. */
static void say_status(const struct service *s)
{
    char text[128];
    snprintf(text, sizeof(text), "%zu sources, %llu lines, %zu alerts firing", s->n_found,
             (unsigned long long)s->pipeline.total.lines, alert_set_firing(s->pipeline.alerts));
    systemd_status(text);
}

/* Seconds are closed before deferred alerts are looked at: only then is it known which still hold.
 */
static void on_tick(uv_timer_t *timer)
{
    struct service *s = timer->data;
    past_configure(s);
    summaries_fold(s);
    deliver_deferred(s);
    deliver_repeats(s);
    deliver_state(s, false);
}

static void on_interval(uv_timer_t *timer)
{
    struct service *s = timer->data;
    summaries_interval(s);
    say_status(s);
}

/* Sent by the loop itself, so that a loop that hangs is noticed. */
static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    systemd_alive();
}

/* Writes a checkpoint. After a change of the setting the file is another one; one that could not be
 * opened may be possible now. What a file holds that is opened only now is of no use any more. */
static int save(struct service *s, const struct store *what, const char *path, struct problem *why)
{
    if (!store_is_at(s->file, path)) {
        struct store old = {0};
        store_close(s->file);
        int r = store_open(&s->file, path, &old, why);
        store_done(&old);
        if (r) {
            return r;
        }
    }
    return store_save(s->file, what, why);
}

/* Runs on a worker, which owns `saving` and its path until after_save; it must touch nothing else
 * of the service. */
static void save_work(uv_work_t *work)
{
    struct service *s = work->data;
    struct problem why = {0};
    int r = save(s, &s->saving, s->saving_path, &why);
    bool is_new = strcmp(why.text, s->saving_why.text) != 0;
    if (is_new && why.text[0]) {
        problem_say(&why);
        diag_say(DIAG_WARNING, "counting goes on; the next checkpoint that succeeds has all of it");
    } else if (is_new && r == 0) {
        diag_say(DIAG_INFO, "checkpoints are written again");
    }
    s->saving_why = r ? why : (struct problem){0};
}

/* On the loop again. Until here no further checkpoint was begun. */
static void after_save(uv_work_t *work, int status)
{
    (void)status;
    struct service *s = work->data;
    if (s->saving_why.text[0]) {
        past_return(s, &s->saving);
    }
    store_done(&s->saving);
    free(s->saving_path);
    s->saving_path = NULL;
    s->is_saving = false;
}

/* Both come from the same walk over the sections, so they are compared one by one. It keeps an idle
 * service from writing to the disk. */
static bool same_positions(const struct store *a, const struct store *b)
{
    for (size_t i = 0; a->n_positions == b->n_positions && i < a->n_positions; i++) {
        const struct store_position *p = &a->positions[i], *q = &b->positions[i];
        if (p->inode != q->inode || p->device != q->device || p->offset != q->offset ||
            p->head_hash != q->head_hash || p->tail_hash != q->tail_hash) {
            return false;
        }
    }
    return a->n_positions == b->n_positions;
}

/* Hands all seconds to the alerts, open ones too: what is in a window is kept by nobody. */
static void feed_all(struct service *s)
{
    for (struct source *source = s->pipeline.awake; source; source = source->next_awake) {
        source_feed(source, INT64_MIN);
    }
}

/* A number that changes with each alert that is told, and each body that is done with. */
static uint64_t told_by_now(const struct service *s)
{
    uint64_t told = s->n_told;
    for (size_t i = 0; i < s->n_hooks; i++) {
        struct outbox_stats stats = outbox_stats(deliver_outbox(&s->hooks[i]));
        told += stats.sent + stats.failed + stats.dropped;
    }
    return told;
}

/* Writes down where reading has come to, when that changed. The disk is waited for by a worker. */
static void on_checkpoint(uv_timer_t *timer)
{
    struct service *s = timer->data;
    uint64_t told = told_by_now(s);
    if (s->is_saving ||
        (!s->pipeline.has_moved && told == s->saved_told && s->pipeline.history.n == 0)) {
        return;
    }
    struct store now = {.seq = s->seq};
    s->pipeline.has_moved = false;
    /* Decides what was held back: no offset may pass lines that are not counted. */
    summaries_fold(s);
    feed_all(s);
    int64_t now_ms = clock_wall_ms(); /* before: what is made meanwhile is newer */
    sections_positions(s, &now);
    if (same_positions(&now, &s->store) && s->pipeline.total.lines == s->saved_lines &&
        told == s->saved_told && s->pipeline.history.n == 0) {
        store_done(&now);
        return;
    }
    store_done(&s->store);
    s->store = now;
    sections_index_waiting(s);
    sections_positions(s, &s->saving);
    kept_write(s, &s->saving, store_needs_all(s->file));
    s->saving.seq = s->seq;
    s->saving.saved_ms = s->saving_ms = now_ms;
    s->saved_lines = s->pipeline.total.lines;
    s->saved_told = told;
    s->saving_path = alloc_text(span_of(s->config.store_path));
    s->is_saving = true;
    s->save.data = s;
    uv_queue_work(s->loop, &s->save, save_work, after_save);
}

/* In follow mode there is no file to be read again; SIGHUP is then taken and has no effect. */
static void on_reload(uv_signal_t *signal, int number)
{
    (void)number;
    struct service *s = signal->data;
    struct problem why = {0};
    if (s->config_file && service_reload(s, &why)) {
        problem_say(&why);
        diag_say(DIAG_WARNING, "the old settings stay");
    }
}

static void on_stop_signal(uv_signal_t *signal, int number)
{
    (void)number;
    struct service *s = signal->data;
    s->stop(s);
}

/* Whether or not they were started: all were made together in init_handles. */
static void close_handles(struct service *s)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&s->tick,       (uv_handle_t *)&s->interval,
                                    (uv_handle_t *)&s->checkpoint, (uv_handle_t *)&s->watchdog,
                                    (uv_handle_t *)&s->on_hup,     (uv_handle_t *)&s->on_term,
                                    (uv_handle_t *)&s->on_int};
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        uv_close(handles[i], NULL);
    }
    catchup_stop(&s->catchup);
}

/* The end, in the reverse order of the start: no new bytes, then what they still mean, then
 * everything that leads outside. */
static void stop_service(struct service *s)
{
    if (s->is_stopping) {
        return;
    }
    s->is_stopping = true;
    systemd_stopping();
    struct store last = {0};
    for (size_t i = 0; i < s->n_found; i++) {
        source_decide(s->found[i]->source);
    }
    sections_positions(s, &last);
    sections_stop(s);
    if (!s->config_file) {
        for (size_t i = 0; i < s->n_found; i++) {
            source_finish(s->found[i]->source);
        }
    }
    summaries_interval(s);
    if (!s->config_file) {
        summaries_total(s);
    }
    feed_all(s);
    last.seq = s->seq;
    last.saved_ms = clock_wall_ms();
    kept_write(s, &last, true);
    keymap_done(&s->stored_at);
    store_done(&s->store);
    s->store = last;
    if (s->serve) {
        serve_stop(s->serve);
    }
    deliver_stop(s);
    summaries_close(s);
    close_handles(s);
}

/* A timer that runs already is set anew by uv_timer_start, so a reload comes through here as well.
 */
static void start_timers(struct service *s)
{
    uint64_t every_ms = s->config.every_s > 0 ? (uint64_t)s->config.every_s * 1000 : INTERVAL_MS;
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    uv_timer_start(&s->interval, on_interval, every_ms, every_ms);
    if (s->config.store_path) {
        uint64_t checkpoint_ms = (uint64_t)s->config.checkpoint_every_ms;
        uv_timer_start(&s->checkpoint, on_checkpoint, checkpoint_ms, checkpoint_ms);
    }
    uint64_t alive_ms = systemd_alive_every_ms();
    if (alive_ms) {
        uv_timer_start(&s->watchdog, on_watchdog, 0, alive_ms);
    }
}

static void init_handles(struct service *s)
{
    uv_timer_t *const timers[] = {&s->tick, &s->interval, &s->checkpoint, &s->watchdog};
    uv_signal_t *const signals[] = {&s->on_hup, &s->on_term, &s->on_int};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(s->loop, timers[i]);
        timers[i]->data = s;
    }
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        uv_signal_init(s->loop, signals[i]);
        signals[i]->data = s;
    }
    catchup_start(&s->catchup, s->loop, workers_threads(s->threads));
    uv_signal_start(&s->on_hup, on_reload, SIGHUP);
    uv_signal_start(&s->on_term, on_stop_signal, SIGTERM);
    uv_signal_start(&s->on_int, on_stop_signal, SIGINT);
}

/* Sockets that the service manager handed over are served without a listen setting too. */
static int start_serve(struct service *s, struct problem *why)
{
    int fds[SOCKETS];
    size_t n_fds = systemd_sockets(fds, SOCKETS);
    struct serve_options options = {.listens = (const char *const *)s->config.listens,
                                    .fds = fds,
                                    .n_fds = n_fds,
                                    .mode = s->config.mode,
                                    .group = s->config.group,
                                    .token = s->config.token,
                                    .insecure = s->config.insecure};
    if (n_fds == 0 && !options.listens[0]) {
        return 0;
    }
    s->serve = serve_start(s->loop, &options, answer_request, s, why);
    return s->serve ? 0 : -EADDRNOTAVAIL;
}

/* The store is a memory: none, or a broken one, does not keep us from counting.
 */
static int load_store(struct service *s, struct problem *why)
{
    if (!s->config.store_path) {
        return 0;
    }
    int r = store_open(&s->file, s->config.store_path, &s->store, why);
    if (r && (r == -EBUSY || access(s->config.store_path, F_OK) == 0)) {
        return r; /* to count without what it holds would be to count twice */
    }
    if (why->text[0]) {
        problem_say(why); /* set aside, or not to be made: counting is more important */
        s->saving_why = r ? *why : s->saving_why;
        *why = (struct problem){0};
    }
    s->seq = s->store.seq;
    sections_index(s, s->store.saved_ms);
    kept_read(s);
    s->saved_lines = s->pipeline.total.lines;
    return 0;
}

/* Sections start last: when an address is taken or a file can not be written, no log was touched.
 * "Ready" is said when all of it runs. */
static int start_service(struct service *s, struct problem *why)
{
    int r = load_store(s, why);
    r = r ? r : summaries_open(s, why);
    if (r) {
        return r;
    }
    init_handles(s);
    r = start_serve(s, why);
    if (r) {
        close_handles(s);
        return r;
    }
    deliver_configure(s);
    alert_set_restored(s->pipeline.alerts, clock_wall_ms() / 1000);
    summaries_configure(s);
    past_configure(s);
    start_timers(s);
    sections_start(s, &s->config);
    systemd_ready("following");
    return 0;
}

/* The loop is over, so the disk may be waited for. A start that failed does not write: the
 * positions on disk stay as they were. */
static void done_service(struct service *s)
{
    struct problem why = {0};
    past_join(s, &s->store);
    if (s->config.store_path && s->is_stopping && save(s, &s->store, s->config.store_path, &why)) {
        problem_say(&why);
        s->failed = true;
    }
    store_close(s->file);
    sections_done(s);
    summaries_close(s);
    for (size_t i = 0; i < s->n_recent; i++) {
        tally_done(&s->recent[i].tally);
    }
    store_done(&s->store);
    kept_done(s);
    pipeline_done(&s->pipeline);
    uv_loop_close(s->loop);
}

/* Takes `s->config` as it is and runs until something calls `stop`. */
static int run_service(struct service *s)
{
    uv_loop_t loop;
    struct problem why = {0};
    signal(SIGPIPE, SIG_IGN);
    process_raise_limits();
    process_keep_small();
    uv_loop_init(&loop);
    s->loop = &loop;
    s->stop = stop_service;
    s->started_ms = s->interval_from_ms = clock_wall_ms();
    gethostname(s->host, sizeof(s->host) - 1);
    pipeline_init(&s->pipeline, s->config.rules, s->config.n_rules, s->config.keep, deliver_alert,
                  s);
    alert_set_maintenance(s->pipeline.alerts, s->config.maintenances, s->config.n_maintenances);
    s->pipeline.has_sums = true;
    int r = start_service(s, &why);
    if (r) {
        problem_say(&why);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    done_service(s);
    return r || s->failed ? EXIT_UNREADABLE : 0;
}

/* Are the listeners the same? Then clients don't notice a reload. */
static bool same_listeners(const struct config *a, const struct config *b)
{
    size_t i = 0;
    while (a->listens[i] && b->listens[i] && strcmp(a->listens[i], b->listens[i]) == 0) {
        i++;
    }
    return !a->listens[i] && !b->listens[i] && a->mode == b->mode && a->insecure == b->insecure &&
           strcmp(a->group ? a->group : "", b->group ? b->group : "") == 0 &&
           strcmp(a->token ? a->token : "", b->token ? b->token : "") == 0;
}

/* What windows tell apart depends on the rules. */
static void watch_anew(struct service *s)
{
    if (!pipeline_watch(&s->pipeline)) {
        diag_say(DIAG_WARNING,
                 "hosts or upstreams are told apart with the next start only, since the "
                 "settings before did not keep them");
    }
    for (size_t i = 0; i < s->n_found; i++) {
        source_watch(s->found[i]->source);
    }
}

/* The new file is read to its end before anything changes, so a mistake in it costs nothing. What
 * was counted until now is folded under the old settings first. */
int service_reload(struct service *s, struct problem *why)
{
    struct config fresh;
    systemd_reloading();
    config_init(&fresh);
    int r = config_read(&fresh, s->config_file, why);
    if (r) {
        config_done(&fresh);
        systemd_ready("reload failed: the old settings stay");
        return r;
    }
    if (!same_listeners(&s->config, &fresh)) {
        diag_say(DIAG_WARNING, "listeners change with the next start only");
    }
    summaries_fold(s);
    sections_reload(s, &fresh);
    alert_set_rules(s->pipeline.alerts, fresh.rules, fresh.n_rules);
    alert_set_maintenance(s->pipeline.alerts, fresh.maintenances, fresh.n_maintenances);
    watch_anew(s);
    config_done(&s->config);
    s->config = fresh;
    deliver_configure(s);
    summaries_close(s);
    if (summaries_open(s, why)) { /* also makes a rotated summary file anew */
        problem_say(why);
    }
    summaries_configure(s);
    start_timers(s);
    diag_say(DIAG_INFO, "settings read again from %s", s->config_file);
    systemd_ready("following");
    return 0;
}

/* The configuration belongs to the options and is freed with them. */
int daemon_follow(const struct options *o)
{
    struct service s = {.config = o->config,
                        .as_text = o->output == OPTIONS_TEXT,
                        .threads = o->threads,
                        .summary_fd = -1};
    int r = run_service(&s);
    return r ? r : o->fail_on_alert && s.alerted ? EXIT_ALERT : 0;
}

int daemon_run(const struct options *o)
{
    struct service s = {.config_file = o->config_file, .summary_fd = -1};
    struct problem why = {0};
    diag_init(DIAG_INFO, systemd_has_journal());
    config_init(&s.config);
    int r = EXIT_USAGE;
    if (config_read(&s.config, o->config_file, &why)) {
        problem_say(&why);
    } else {
        r = run_service(&s);
    }
    config_done(&s.config);
    return r;
}

/* Opens no log and no socket, so it may run beside the service. */
int daemon_check(const struct options *o)
{
    struct config c;
    struct problem why = {0};
    config_init(&c);
    int r = config_read(&c, o->config_file, &why);
    if (r) {
        problem_say(&why);
    } else {
        printf("%s: good, %zu sources, %zu rules\n", o->config_file, c.n_sources, c.n_rules);
    }
    config_done(&c);
    return r ? EXIT_USAGE : 0;
}
