/*
 * Summaries of a service: the sources' tallies added up, when somebody asks and at the end of each
 * interval.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "output/json.h"
#include "output/report.h"
#include "run/service.h"
#include "run/systemd.h"
#include "run/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FOLLOW_PATIENCE_MS = 5000, /* for a slow reader, at the end */
    DAEMON_PATIENCE_MS = 100,
    FOLD_ALL_MS = 20000, /* so often, sources that rest are looked at, too */
    TRIMS = 4, /* looks after which memory goes back, once a source rests: what is known of its
                  errors is kept for as long as a window */
};

/* Says which format was chosen for a source and why, once, and again when it changes. */
static void tell_format(struct found *f)
{
    const struct reader *r = f->source->reader;
    if (!r || !reader_reason(r) || reader_is_undecided(r) ||
        (f->is_told && f->n_switches == reader_switches(r))) {
        return;
    }
    bool is_known = !span_is(span_of(reader_format(r)), "unknown");
    f->is_told = true;
    f->n_switches = reader_switches(r);
    diag_say(is_known ? DIAG_INFO : DIAG_WARNING, "%s: read as %s: %s", f->source->name,
             reader_format(r), reader_reason(r));
}

/* A source must have decided on its format before its seconds can be closed: lines that are held
 * back are not counted yet. */
static void fold(struct service *s, struct found *f, int64_t wall_ms)
{
    source_decide(f->source);
    tell_format(f);
    if (f->is_pipe) { /* nobody says of a pipe that there is no more */
        f->is_caught_up = wall_ms - f->source->arrival_ms >= s->config.lateness_ms;
    }
    if (f->is_caught_up) {
        source_settle(f->source, wall_ms);
        source_feed(f->source, source_closed_before(f->source, wall_ms, s->config.lateness_ms));
        alert_set_idle(s->pipeline.alerts, f->source->name, true);
    }
    source_fold(f->source);
    bool was_awake = f->source->is_awake;
    if (f->is_caught_up && source_sleep(f->source, wall_ms) && was_awake) {
        s->n_trims = TRIMS;
    }
}

/* Now and then, so that rules forget what is too old, also of sources without news. */
static void fold_resting(struct service *s, int64_t wall_ms)
{
    for (size_t i = 0; i < s->n_found; i++) {
        if (!s->found[i]->source->is_awake) {
            fold(s, s->found[i], wall_ms);
        }
    }
}

/* Sources that rest are passed over. They are asked as well when a rule waits for the time and no
 * other source tells it. */
void summaries_fold(struct service *s)
{
    int64_t wall_ms = clock_wall_ms();
    bool is_due = wall_ms - s->all_folded_ms >= FOLD_ALL_MS || wall_ms < s->all_folded_ms;
    s->pipeline.lateness_ms = s->config.lateness_ms;
    for (struct source *source = s->pipeline.awake, *next; source; source = next) {
        next = source->next_awake;
        fold(s, source->owner, wall_ms);
    }
    s->pipeline.closed_ms = wall_ms;
    if (is_due || alert_set_waits(s->pipeline.alerts)) {
        fold_resting(s, wall_ms);
    }
    if (is_due) {
        s->all_folded_ms = wall_ms;
    }
    if (is_due && s->n_trims) {
        s->n_trims--;
        alloc_trim();
    }
}

static void start(struct service *s, enum summary_kind kind, struct summaries *out)
{
    *out = (struct summaries){
        .summary = {.kind = kind, .host = s->host, .alerts = s->pipeline.alerts}};
    tally_init(&out->sum, s->config.keep, false);
    tally_init(&out->none, s->config.keep, false);
    out->summary.alerts_since = INT64_MIN;
}

/* Totals that rest are unpacked while there is a summary of them. */
static void make_rooms(const struct service *s, struct summaries *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_found; i++) {
        n += s->found[i]->source->packed != NULL;
    }
    out->rooms = alloc_zero(n, sizeof(*out->rooms));
    for (; out->n_rooms < n; out->n_rooms++) {
        tally_init(&out->rooms[out->n_rooms], s->config.keep, false);
    }
}

/* Late lines are counted since the start only, so an interval has no figure for them. */
void summaries_make(struct service *s, enum summary_kind kind, struct summaries *out)
{
    summaries_fold(s);
    start(s, kind, out);
    out->rows = alloc_zero(s->n_found, sizeof(*out->rows));
    if (kind != SUMMARY_INTERVAL) {
        make_rooms(s, out);
    }
    struct tally *room = out->rooms;
    for (size_t i = 0; i < s->n_found; i++) {
        const struct source *source = s->found[i]->source;
        const struct tally *t =
            kind == SUMMARY_INTERVAL ? source->interval : source_total(source, room);
        room += room && t == room;
        out->rows[i] = source_summary(source, t ? t : &out->none);
    }
    out->summary.sources = out->rows;
    out->summary.n_sources = s->n_found;
    out->summary.seq = s->seq;
    if (kind == SUMMARY_INTERVAL) {
        out->summary.all = &s->pipeline.interval;
        out->summary.from_ms = s->interval_from_ms;
        out->summary.to_ms = clock_wall_ms();
        out->summary.alerts_since = s->interval_from_ms / 1000;
    } else {
        s->pipeline.total.late = alert_set_late(s->pipeline.alerts);
        out->summary.all = &s->pipeline.total;
    }
}

/* Made of whole intervals, so it may begin a little earlier than asked for; the head says when. It
 * reaches no further back than the ring. */
void summaries_recent(struct service *s, int last_s, struct summaries *out)
{
    summaries_make(s, SUMMARY_INTERVAL, out); /* the interval so far */
    tally_merge(&out->sum, out->summary.all, false);
    out->summary.all = &out->sum;
    int64_t since_ms = clock_wall_ms() - (int64_t)last_s * 1000;
    for (size_t i = 0; i < s->n_recent; i++) {
        const struct recent *r = &s->recent[i];
        if (r->to_ms > since_ms) {
            tally_merge(&out->sum, &r->tally, false);
            out->summary.from_ms =
                r->from_ms < out->summary.from_ms ? r->from_ms : out->summary.from_ms;
        }
    }
    out->summary.alerts_since = since_ms / 1000;
    out->summary.n_sources = 0; /* only the sum is remembered */
}

void summaries_done(struct summaries *m)
{
    tally_done(&m->sum);
    tally_done(&m->none);
    for (size_t i = 0; i < m->n_rooms; i++) {
        tally_done(&m->rooms[i]);
    }
    free(m->rooms);
    free(m->rows);
}

static bool has_destination(const struct service *s)
{
    return s->summary_to_journal || s->summary_fd >= 0;
}

static void write_summary(struct service *s, const struct summary *summary)
{
    struct buf out = {0};
    if (s->as_text) {
        report_summary(&out, summary, terminal_style());
    } else {
        json_summary(&out, summary);
    }
    summaries_write(s, buf_span(&out));
    buf_done(&out);
}

void summaries_write(struct service *s, struct span line)
{
    if (s->summary_to_journal) {
        systemd_log_summary(line);
    } else if (s->summary_fd >= 0) {
        struct buf whole = {0};
        buf_add(&whole, line);
        if (!span_ends(line, SPAN("\n"))) { /* as a report does */
            buf_byte(&whole, '\n');
        }
        outflow_write(s->outflow, buf_span(&whole));
        buf_done(&whole);
    }
}

/* The ring keeps sums only, so that an interval costs the same however many sources there are. */
static void remember(struct service *s, int64_t to_ms)
{
    struct recent *slot = &s->recent[s->next_recent];
    if (s->next_recent < s->n_recent) {
        tally_done(&slot->tally);
    } else {
        s->n_recent++;
    }
    s->next_recent = (s->next_recent + 1) % SERVICE_RECENT;
    slot->from_ms = s->interval_from_ms;
    slot->to_ms = to_ms;
    tally_init(&slot->tally, s->config.keep, false);
    tally_merge(&slot->tally, &s->pipeline.interval, false);
}

/* Do summaries of intervals go anywhere? */
static bool has_readers(const struct service *s)
{
    return has_destination(s) && s->config.every_s > 0;
}

static void begin_interval(struct service *s, int64_t now_ms)
{
    remember(s, now_ms);
    s->interval_from_ms = now_ms;
    tally_clear(&s->pipeline.interval);
    for (size_t i = 0; i < s->n_found; i++) {
        source_end_interval(s->found[i]->source);
    }
}

/* What is cleared was written and remembered before: no line falls between two intervals. */
void summaries_interval(struct service *s)
{
    int64_t now_ms = clock_wall_ms();
    s->seq++;
    if (has_readers(s)) {
        struct summaries m;
        summaries_make(s, SUMMARY_INTERVAL, &m);
        write_summary(s, &m.summary);
        now_ms = m.summary.to_ms;
        summaries_done(&m);
    } else {
        summaries_fold(s);
    }
    begin_interval(s, now_ms);
}

/* Whoever begins to read them in the midst of an interval gets the rest of it, in which all sources
 * are whole. */
void summaries_configure(struct service *s)
{
    if (has_readers(s) && !s->pipeline.has_intervals && s->pipeline.interval.lines) {
        begin_interval(s, clock_wall_ms());
    }
    s->pipeline.has_intervals = has_readers(s);
}

void summaries_total(struct service *s)
{
    struct summaries m;
    s->seq++;
    summaries_make(s, SUMMARY_TOTAL, &m);
    if (has_destination(s)) {
        write_summary(s, &m.summary);
    }
    summaries_done(&m);
}

/* O_APPEND, so that the next line goes to the new end when somebody truncates the file. */
int summaries_open(struct service *s, struct problem *why)
{
    const char *to = s->config.summary_to;
    s->summary_fd = -1;
    s->summary_to_journal = to && span_is(span_of(to), "journal");
    if (!to || s->summary_to_journal || span_is(span_of(to), "none")) {
        return 0;
    }
    if (span_is(span_of(to), "stdout")) {
        s->summary_fd = STDOUT_FILENO;
    } else {
        s->summary_fd = open(to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    }
    if (s->summary_fd < 0) {
        int error = -errno;
        problem_set(why, "can't write summaries to %s: %s", to, strerror(-error));
        return error;
    }
    s->outflow = outflow_start(s->loop, s->summary_fd, service_write_failed, s);
    return 0;
}

/* Standard output is not ours to close. */
void summaries_close(struct service *s)
{
    outflow_stop(s->outflow, s->config_file ? DAEMON_PATIENCE_MS : FOLLOW_PATIENCE_MS);
    s->outflow = NULL;
    if (s->summary_fd > STDERR_FILENO) {
        close(s->summary_fd);
    }
    s->summary_fd = -1;
}
