/*
 * Looks at the lines that vote and nothing more, so it is done at once however long the log is.
 * What is printed is put together twice, as text and as JSON, from one struct.
 */
#include "run/detect.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "codes/judge.h"
#include "format/reader.h"
#include "input/file.h"
#include "input/framer.h"
#include "output/members.h"
#include "output/report.h"
#include "parsers/lang/bundle.h"
#include "run/oneshot.h"
#include "run/terminal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 2 * READER_VOTE_BYTES, /* of the log that are looked at */
    VOTES = 2,                          /* the winner and the runner-up */
    NEAR_FIELDS = 3,                    /* fewer that fit are nobody's */
    SHOWN = 2000,                       /* bytes of a line */
};

struct detection {
    const char *path;
    char *head; /* HEAD_BYTES */
    size_t len;
    bool is_all; /* the log ends there */
    struct reader *reader;
    struct reader_votes votes[VOTES];
    size_t n_votes;
    unsigned voted, comments; /* lines; directives and comments are not among those that voted */
    struct span sample;       /* a line that was read, or the first that was not */
    bool is_read;
    struct event event; /* of the sample, when it was read */
    struct judgement judgement;
    int64_t ms;                 /* its time; INT64_MIN: none */
    struct reader_near nearest; /* to the sample, when it was not read */
};

typedef bool (*line_fn)(struct detection *d, struct span line);

/* A line, or each record of a bundle. */
static bool each_record(struct detection *d, line_fn fn, struct span line)
{
    struct span records, record;
    if (!bundle_open(line, &records)) {
        return fn(d, line);
    }
    while (bundle_next(&records, &record)) {
        if (record.len && !fn(d, record)) {
            return false;
        }
    }
    return true;
}

/* Calls `fn` for each line of the head that is not blank, until it returns false. */
static void each_line(struct detection *d, line_fn fn)
{
    struct framer framer = {0};
    struct span rest = {d->head, d->len}, line;
    while (framer_next(&framer, &rest, &line, d->is_all)) {
        if (line.len && !each_record(d, fn, line)) {
            return;
        }
    }
}

static bool vote(struct detection *d, struct span line)
{
    d->comments += line.ptr[0] == '#';
    return !reader_vote(d->reader, line);
}

/* The first line that is read, or else the one that comes nearest to a format. */
static bool look_for_sample(struct detection *d, struct span line)
{
    struct event e;
    enum parse_result got = reader_parse(d->reader, line, &e);
    if (got == PARSE_OK) {
        d->sample = line;
        d->event = e;
        d->is_read = true;
        return false;
    }
    if (got == PARSE_BAD && line.ptr[0] != '#') {
        struct reader_near near = reader_nearest(d->reader, line);
        if (d->sample.len == 0 || near.fields > d->nearest.fields) {
            d->sample = line;
            d->nearest = near;
        }
    }
    return true;
}

static void judge_sample(struct detection *d, const char *vendor)
{
    struct verdict_table *table = alloc_zero(1, sizeof(*table));
    struct logtime times = {.now_s = clock_wall_ms() / 1000};
    verdict_table_init(table, reader_server(d->reader), span_of(vendor ? vendor : ""));
    event_split(&d->event);
    d->judgement = judge(table, &d->event);
    d->ms = INT64_MIN;
    if (d->event.time_kind != LOGTIME_NONE) {
        logtime_read(&times, d->event.time_kind, d->event.time, &d->ms);
    }
    free(table);
}

static void look(struct detection *d, const struct format *format, const char *vendor)
{
    d->reader = reader_new(format, NULL);
    if (reader_is_undecided(d->reader)) {
        each_line(d, vote);
        reader_decide(d->reader);
        d->n_votes = reader_votes(d->reader, d->votes, VOTES, &d->voted);
        d->voted -= d->comments;
    }
    each_line(d, look_for_sample);
    if (d->is_read) {
        judge_sample(d, vendor);
    }
}

/* The winner of the vote need not be first in it: a format that tells more wins against a few
 * lines.
 */
static const struct reader_votes *votes_of(const struct detection *d, bool is_winner)
{
    for (size_t i = 0; i < d->n_votes; i++) {
        if ((strcmp(d->votes[i].parser->name, reader_format(d->reader)) == 0) == is_winner) {
            return &d->votes[i];
        }
    }
    return NULL;
}

/* The share of lines that the winner reads, less for formats that fit nearly anything; 1 when the
 * format was named. */
static double confidence(const struct detection *d)
{
    const struct reader_votes *winner = votes_of(d, true);
    if (!winner || d->voted == 0) {
        return d->n_votes == 0 && d->voted == 0 && d->is_read ? 1 : 0;
    }
    double share = (double)winner->accepted / d->voted;
    return share * (winner->parser->weight >= 5 ? 1 : winner->parser->weight >= 3 ? 0.95 : 0.8);
}

typedef void field_fn(void *ctx, const char *name, struct span text, const char *read);

/* Calls `fn` for each field of the sample, `read` saying what it was taken for when that is more
 * than its text. */
static void each_field(const struct detection *d, field_fn *fn, void *ctx)
{
    const struct event *e = &d->event;
    const struct {
        const char *name;
        struct span text;
    } texts[] = {{"client", e->client},        {"host", e->host},       {"method", e->method},
                 {"target", e->target},        {"request", e->request}, {"upstream", e->upstream},
                 {"origin status", e->origin}, {"flag", e->flag}};
    char word[STATUS_TEXT], text[64], stamp[CLOCK_TEXT];
    status_text(e->status, word);
    char *meaning = alloc_printf(
        "%s (%s), blame: %s", verdict_name(d->judgement.verdict),
        verdict_vendor(d->judgement.verdict)[0] ? verdict_vendor(d->judgement.verdict) : "nobody's",
        blame_name(d->judgement.verdict.blame));
    fn(ctx, "status", span_of(word), meaning);
    free(meaning);
    if (e->time.len) {
        fn(ctx, "time", e->time, d->ms == INT64_MIN ? "not a time" : clock_rfc3339(d->ms, stamp));
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        bool is_split = strcmp(texts[i].name, "request") == 0 && e->method.len;
        if (texts[i].text.len && !is_split) {
            fn(ctx, texts[i].name, texts[i].text, NULL);
        }
    }
    if (e->bytes >= 0) {
        snprintf(text, sizeof(text), "%lld", (long long)e->bytes);
        fn(ctx, "bytes", span_of(text), NULL);
    }
    if (e->duration_ns >= 0) {
        snprintf(text, sizeof(text), "%.9g", (double)e->duration_ns / 1e9);
        fn(ctx, "duration", span_of(text), "seconds");
    }
    if (d->judgement.reason != REASON_NONE) {
        char reason[REASON_TEXT];
        fn(ctx, "reason", span_of(reason_text(d->judgement.reason, reason)), NULL);
    }
}

static void text_field(void *ctx, const char *name, struct span text, const char *read)
{
    struct buf *out = ctx;
    buf_printf(out, "    %-14s", name);
    report_escape(out, text, SHOWN);
    if (read) {
        buf_printf(out, "  → %s", read);
    }
    buf_byte(out, '\n');
}

static void write_unread(struct buf *out, const struct detection *d)
{
    if (d->nearest.fields >= NEAR_FIELDS) {
        buf_printf(out, "  nearest       %s, up to column %zu, where its %s should be\n",
                   d->nearest.parser->name, d->nearest.offset + 1, field_name(d->nearest.field));
    }
    if (d->sample.len) {
        buf_text(out, "  a line of it  ");
        report_escape(out, d->sample, SHOWN);
        buf_byte(out, '\n');
    }
}

static void write_text(struct buf *out, const struct detection *d)
{
    const struct reader_votes *winner = votes_of(d, true), *second = votes_of(d, false);
    const char *name = reader_format(d->reader);
    buf_printf(out, "%s\n  format        %s", d->path, name);
    if (winner) {
        buf_printf(out, ", %.0f %% sure (%u of %u lines)", floor(100 * confidence(d)),
                   winner->accepted, d->voted);
    } else if (d->voted) {
        buf_printf(out, ": none of %u lines is a request in a format that is known", d->voted);
    } else if (d->sample.len == 0) {
        buf_text(out, ": there is no line yet");
    } else {
        buf_text(out, d->is_read ? ", as named" : ", as named, but it reads no line of the first");
    }
    buf_byte(out, '\n');
    if (d->is_read && reader_layout(d->reader)) {
        buf_text(out, "  laid out as   ");
        report_escape(out, span_of(reader_layout(d->reader)), SHOWN);
        buf_byte(out, '\n');
    }
    if (second) {
        buf_printf(out, "  runner-up     %s (%u lines)\n", second->parser->name, second->accepted);
    }
    if (!d->is_read && winner && winner->parser->is_silent) {
        buf_text(out, "  its lines are no requests: nothing is counted\n");
        return;
    }
    if (!d->is_read) {
        write_unread(out, d);
        return;
    }
    buf_text(out, "  a line of it  ");
    report_escape(out, d->sample, SHOWN);
    buf_byte(out, '\n');
    each_field(d, text_field, out);
}

static void json_field(void *ctx, const char *name, struct span text, const char *read)
{
    struct buf *out = ctx;
    members_open(out, NULL, '{');
    members_word(out, "field", name);
    members_text(out, "text", text);
    if (read) {
        members_text(out, "read", span_of(read));
    }
    members_close(out, '}');
}

static void write_json(struct buf *out, const struct detection *d)
{
    const struct reader_votes *winner = votes_of(d, true), *second = votes_of(d, false);
    members_open(out, NULL, '{');
    members_text(out, "name", span_of(d->path));
    members_word(out, "format", reader_format(d->reader));
    members_real(out, "confidence", confidence(d));
    members_number(out, "voted", d->voted);
    members_number(out, "accepted", winner ? winner->accepted : 0);
    if (second) {
        members_open(out, "runner_up", '{');
        members_word(out, "format", second->parser->name);
        members_number(out, "accepted", second->accepted);
        members_close(out, '}');
    }
    if (reader_layout(d->reader)) {
        members_text(out, "layout", span_of(reader_layout(d->reader)));
    }
    if (d->sample.len) {
        members_text(out, "sample", span_head(d->sample, SHOWN));
    }
    if (d->is_read) {
        members_open(out, "fields", '[');
        each_field(d, json_field, out);
        members_close(out, ']');
    }
    if (!d->is_read && d->nearest.fields >= NEAR_FIELDS) {
        members_open(out, "nearest", '{');
        members_word(out, "format", d->nearest.parser->name);
        members_number(out, "column", d->nearest.offset + 1);
        members_word(out, "expected", field_name(d->nearest.field));
        members_close(out, '}');
    }
    members_close(out, '}');
}

/* Reads the head of a log and looks at it. 0, or a negative errno, which is told. */
static int detect(struct detection *d, const struct config_source *source, const char *vendor)
{
    struct problem why;
    struct format format;
    struct file *file = file_open(source->paths[0], &why);
    d->path = source->paths[0];
    d->head = alloc_zero(HEAD_BYTES, 1);
    ptrdiff_t n = file ? file_read(file, d->head, HEAD_BYTES, &why) : -1;
    file_close(file);
    if (n < 0 || format_read(&format, span_of(source->format), &why)) {
        problem_say(&why);
        return -1;
    }
    d->len = (size_t)n;
    d->is_all = d->len < HEAD_BYTES;
    look(d, &format, vendor);
    format_done(&format);
    return 0;
}

static void detection_done(struct detection *d)
{
    reader_free(d->reader);
    free(d->head);
}

int detect_files(const struct options *o)
{
    bool as_json =
        o->output == OPTIONS_JSON || (o->output == OPTIONS_AUTO && !terminal_is(STDOUT_FILENO));
    struct buf out = {0};
    bool has_failed = false;
    if (as_json) {
        buf_byte(&out, '{');
        members_word(&out, "schema", "teapotd.detect/1");
        members_open(&out, "files", '[');
    }
    for (size_t i = 0; i < o->config.n_sources; i++) {
        struct detection d = {0};
        if (detect(&d, &o->config.sources[i], o->vendor)) {
            has_failed = true;
        } else if (as_json) {
            write_json(&out, &d);
        } else {
            write_text(&out, &d);
        }
        detection_done(&d);
    }
    if (as_json) {
        members_close(&out, ']');
        members_close(&out, '}');
        buf_byte(&out, '\n');
    }
    int r = terminal_write(STDOUT_FILENO, buf_span(&out));
    buf_done(&out);
    return has_failed || (r && r != -EPIPE) ? EXIT_UNREADABLE : 0;
}
