/*
 * Alerts and entries of the dictionary are built as cJSON trees and printed; summaries and sources,
 * of which there may be thousands, are written as text. cJSON keeps numbers as doubles and strings
 * up to the first NUL, so whole numbers and text from logs go in as raw, ready-made pieces: exact,
 * and escaped by escape.c.
 */
#include "output/json.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "codes/details.h"
#include "codes/verdict.h"
#include "output/counts.h"
#include "output/escape.h"
#include "output/members.h"
#include "output/merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

enum {
    PARTS_SHOWN = 50, /* of an alert that leads others */
};

/* Ends the program rather than return NULL. */
static void *never_null(size_t size)
{
    return alloc_resize(NULL, size, 1);
}

/* cJSON answers a failed allocation with a tree that lacks a member; ours never fails. */
static cJSON *new_object(void)
{
    cJSON_Hooks hooks = {never_null, free};
    cJSON_InitHooks(&hooks);
    return cJSON_CreateObject();
}

/* Prints the tree and frees it. */
static void print(struct buf *out, cJSON *tree)
{
    char *text = cJSON_PrintUnformatted(tree);
    buf_text(out, text);
    cJSON_free(text);
    cJSON_Delete(tree);
}

/* A number as text: cJSON would round it to a double. */
static cJSON *raw_number(uint64_t n)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, n);
    return cJSON_CreateRaw(text);
}

/* Text from a log or a person, escaped here: cJSON would end it at a NUL and let broken UTF-8
 * through. */
static cJSON *raw_text(struct span text)
{
    struct buf quoted = {0};
    escape_json(&quoted, text);
    cJSON *item = cJSON_CreateRaw(quoted.data);
    buf_done(&quoted);
    return item;
}

static void add_number(cJSON *to, const char *member, uint64_t n)
{
    cJSON_AddItemToObject(to, member, raw_number(n));
}

static void add_text(cJSON *to, const char *member, const char *text)
{
    cJSON_AddItemToObject(to, member, raw_text(span_of(text)));
}

static void add_time(cJSON *to, const char *member, int64_t ms)
{
    char text[CLOCK_TEXT];
    cJSON_AddStringToObject(to, member, clock_rfc3339(ms, text));
}

/* A ratio or share, rounded to the digits that `scale` (a power of ten) keeps. */
static void add_rounded(cJSON *to, const char *member, double x, double scale)
{
    bool sane = x >= -1e9 && x <= 1e9; /* not for NaN either */
    cJSON_AddNumberToObject(to, member,
                            sane ? (double)(int64_t)(x * scale + (x < 0 ? -0.5 : 0.5)) / scale : 0);
}

static const char *kind_name(const struct code *code)
{
    return code ? code_kind_name(code->kind) : "unassigned";
}

/* A code as it stands in summaries and alerts alike; its count is added by the caller. */
static cJSON *code_row(uint16_t status, const struct code *code, enum blame blame)
{
    char word[STATUS_TEXT];
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "code", status_text(status, word));
    cJSON_AddStringToObject(row, "name", code ? code->name : "Unassigned");
    cJSON_AddStringToObject(row, "class", status_class_name(status_class(status)));
    cJSON_AddStringToObject(row, "vendor", code ? code->owner : "");
    cJSON_AddStringToObject(row, "kind", kind_name(code));
    cJSON_AddStringToObject(row, "blame", blame_name(blame));
    return row;
}

static void add_blame(cJSON *to, const uint64_t counts[BLAMES])
{
    cJSON *blames = cJSON_AddObjectToObject(to, "blame");
    for (enum blame blame = BLAME_NONE; blame < BLAMES; blame++) {
        add_number(blames, blame_name(blame), counts[blame]);
    }
}

static void add_alert_codes(cJSON *to, const struct alert *a)
{
    cJSON *rows = a->n_codes ? cJSON_AddArrayToObject(to, "codes") : NULL;
    uint64_t blamed = 0;
    for (uint32_t i = 0; i < a->n_codes; i++) {
        const struct alert_code *c = &a->codes[i];
        const struct code *code = verdict_code((struct verdict){c->status, c->entry, c->blame});
        cJSON *row = code_row(c->status, code, c->blame);
        if (code) {
            cJSON_AddStringToObject(row, "meaning", code->meaning);
        }
        add_number(row, "count", c->count);
        if (c->is_new) {
            cJSON_AddTrueToObject(row, "new");
        }
        cJSON_AddItemToArray(rows, row);
    }
    for (enum blame blame = BLAME_NONE; blame < BLAMES; blame++) {
        blamed |= a->blame[blame];
    }
    if (blamed) {
        add_blame(to, a->blame);
    }
}

static void add_alert_where(cJSON *to, const struct alert *a)
{
    cJSON *rows = a->n_where ? cJSON_AddArrayToObject(to, "where") : NULL;
    for (uint32_t i = 0; i < a->n_where; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "dimension", a->where[i].dimension);
        add_text(row, "name", a->where[i].name);
        add_number(row, "errors", a->where[i].errors);
        add_rounded(row, "share", a->where[i].share, 1e3);
        if (a->where[i].before >= 0) {
            add_rounded(row, "share_before", a->where[i].before, 1e3);
        }
        if (a->where[i].explains) {
            cJSON_AddTrueToObject(row, "explains");
        }
        cJSON_AddItemToArray(rows, row);
    }
}

/* A rule may watch all sources together: then the series has no members. */
static void add_alert_series(cJSON *to, const struct alert *a)
{
    cJSON *series = cJSON_AddObjectToObject(to, "series");

    if (a->source[0]) {
        add_text(series, "source", a->source);
    }
    if (a->host[0]) {
        add_text(series, "host", a->host);
    }
    if (a->route[0]) {
        add_text(series, "route", a->route);
    }
    if (a->upstream[0]) {
        add_text(series, "upstream", a->upstream);
    }
}

static void add_alert_gone(cJSON *to, const struct alert *a)
{
    cJSON *rows = a->n_gone ? cJSON_AddArrayToObject(to, "gone") : NULL;
    for (uint32_t i = 0; i < a->n_gone; i++) {
        cJSON *row = cJSON_CreateObject();
        add_text(row, "upstream", a->gone[i].upstream);
        add_time(row, "last_answer", a->gone[i].last * 1000);
        cJSON_AddItemToArray(rows, row);
    }
}

/* The parts that explain the alert; what is not known is left out. */
static void add_alert_reasons(cJSON *to, const struct alert *a)
{
    add_number(to, "requests", a->requests);
    add_number(to, "errors", a->errors);
    add_rounded(to, "ratio", a->ratio, 1e6);
    if (a->baseline >= 0) {
        add_rounded(to, "baseline", a->baseline, 1e6);
    }
    if (a->expected > 0) {
        add_rounded(to, "expected_requests", a->expected, 10);
    }
    if (a->has_budget) {
        add_rounded(to, "burn_rate", a->burn_rate, 1e3);
        add_rounded(to, "budget_left", a->budget_left, 1e6);
    }
    if (a->evidence[0]) {
        add_text(to, "evidence", a->evidence);
    }
    add_alert_codes(to, a);
    if (a->masked) {
        add_number(to, "masked_retries", a->masked);
    }
    add_alert_where(to, a);
    add_alert_gone(to, a);
    cJSON *samples = a->n_samples ? cJSON_AddArrayToObject(to, "samples") : NULL;
    for (uint32_t i = 0; i < a->n_samples; i++) {
        cJSON_AddItemToArray(samples, raw_text(span_of(a->samples[i])));
    }
    add_text(to, "summary", a->summary);
}

/* The alerts that are told with this one. */
static void add_alert_parts(cJSON *to, const struct alert *a)
{
    if (a->group[0]) {
        cJSON_AddStringToObject(to, "group", a->group);
    }
    if (a->n_parts == 0) {
        return;
    }
    cJSON *rows = cJSON_AddArrayToObject(to, "parts");
    for (uint32_t i = 0; i < a->n_parts && i < PARTS_SHOWN; i++) {
        const struct alert *part = a->parts[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "id", part->id);
        add_alert_series(row, part);
        cJSON_AddStringToObject(row, "state", alert_state_name(part->state));
        cJSON_AddStringToObject(row, "severity", rule_severity_name(part->severity));
        add_time(row, "since", part->since * 1000);
        add_number(row, "requests", part->requests);
        add_number(row, "errors", part->errors);
        add_rounded(row, "ratio", part->ratio, 1e6);
        cJSON_AddItemToArray(rows, row);
    }
    add_number(to, "parts_total", a->n_parts);
}

static cJSON *alert_object(const struct alert *a)
{
    cJSON *to = new_object();
    cJSON_AddStringToObject(to, "schema", "teapotd.alert/1");
    add_text(to, "id", a->id);
    add_text(to, "rule", a->rule);
    cJSON_AddStringToObject(to, "state", alert_state_name(a->state));
    cJSON_AddStringToObject(to, "severity", rule_severity_name(a->severity));
    if (a->silenced) {
        cJSON_AddTrueToObject(to, "silenced");
    }
    if (a->repeats) {
        add_number(to, "repeat", a->repeats);
    }
    add_alert_series(to, a);
    add_time(to, "since", a->since * 1000);
    add_time(to, "at", a->at * 1000);
    if (a->resolved_at) {
        add_time(to, "resolved_at", a->resolved_at * 1000);
    }
    add_alert_reasons(to, a);
    add_alert_parts(to, a);
    return to;
}

/* What is known of a source beside its counts. */
static void write_state(struct buf *out, const struct summary_source *s)
{
    members_text(out, "name", span_of(s->name));
    members_text(out, "format", span_of(s->format));
    if (s->format_reason) {
        members_text(out, "format_reason", span_of(s->format_reason));
    }
    if (s->state) {
        members_text(out, "state", span_of(s->state));
    }
    members_number(out, "lag_bytes", s->lag_bytes);
    members_number(out, "rotations", s->rotations);
    members_number(out, "truncations", s->truncations);
    members_number(out, "lost_bytes", s->lost_bytes);
    members_number(out, "long_lines", s->long_lines);
}

static void write_time(struct buf *out, const char *member, int64_t ms)
{
    char text[CLOCK_TEXT];
    members_word(out, member, clock_rfc3339(ms, text));
}

/* From the stamps of the lines: of an interval too, a source shows its own time. */
static void write_sources(struct buf *out, const struct summary *s)
{
    members_open(out, "sources", '[');
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct tally *t = s->sources[i].tally;
        members_open(out, NULL, '{');
        write_state(out, &s->sources[i]);
        if (t->has_time) {
            write_time(out, "from", t->from_ms);
            write_time(out, "to", t->to_ms);
        }
        counts_write(out, t);
        counts_tops(out, t);
        counts_samples(out, t);
        members_close(out, '}');
    }
    members_close(out, ']');
}

/* The alerts that fired or were resolved at or after a second. */
static void write_alerts(struct buf *out, const struct alert_set *set, int64_t since)
{
    members_open(out, "alerts", '[');
    for (size_t i = 0; i < alert_set_count(set); i++) {
        const struct alert *a = alert_set_at(set, i);
        if (a->state != ALERT_PENDING && (a->at >= since || a->resolved_at >= since)) {
            members_name(out, NULL);
            print(out, alert_object(a));
        }
    }
    members_close(out, ']');
}

static void write_head(struct buf *out, const struct summary *s)
{
    static const char *const kinds[] = {"scan", "interval", "total"};
    int64_t from_ms, to_ms;
    members_word(out, "schema", "teapotd.summary/1");
    members_word(out, "kind", kinds[s->kind]);
    if (s->host) {
        members_text(out, "host", span_of(s->host));
    }
    members_number(out, "seq", s->seq);
    if (summary_time(s, &from_ms, &to_ms)) {
        write_time(out, "from", from_ms);
        write_time(out, "to", to_ms);
    }
}

void json_summary(struct buf *out, const struct summary *s)
{
    buf_byte(out, '{');
    write_head(out, s);
    counts_write(out, s->all);
    write_sources(out, s);
    counts_tops(out, s->all);
    if (s->alerts) {
        write_alerts(out, s->alerts, s->alerts_since);
    }
    counts_samples(out, s->all);
    members_name(out, "merge");
    merge_write(out, s);
    members_close(out, '}');
}

void json_alert(struct buf *out, const struct alert *a)
{
    print(out, alert_object(a));
}

void json_alerts(struct buf *out, const struct alert_set *set)
{
    buf_byte(out, '{');
    write_alerts(out, set, INT64_MIN);
    members_close(out, '}');
}

void json_sources(struct buf *out, const struct summary_source *sources, size_t n)
{
    buf_byte(out, '{');
    members_open(out, "sources", '[');
    for (size_t i = 0; i < n; i++) {
        members_open(out, NULL, '{');
        write_state(out, &sources[i]);
        if (sources[i].tally->has_time) {
            write_time(out, "last_event", sources[i].tally->to_ms);
        }
        counts_lines(out, sources[i].tally);
        members_close(out, '}');
    }
    members_close(out, ']');
    members_close(out, '}');
}

/* `formats` says in whose logs this meaning wins; `any` that it is a fallback where nothing is
 * known. */
static cJSON *explain_row(size_t index, bool chosen)
{
    const struct code *code = codes_at(index);
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", code->name);
    cJSON_AddStringToObject(row, "vendor", code->owner);
    cJSON_AddStringToObject(row, "class", status_class_name(status_class(code->status)));
    cJSON_AddStringToObject(row, "kind", code_kind_name(code->kind));
    cJSON_AddStringToObject(row, "blame", blame_name(code->blame));
    cJSON_AddStringToObject(row, "meaning", code->meaning);
    cJSON_AddStringToObject(row, "spec", code->spec);
    cJSON *formats = cJSON_AddArrayToObject(row, "formats");
    for (enum server server = SERVER_UNKNOWN + 1; server < SERVERS; server++) {
        if (verdict_entry(code->status, server, (struct span){0}) == index) {
            cJSON_AddItemToArray(formats, cJSON_CreateString(server_name(server)));
        }
    }
    cJSON_AddBoolToObject(row, "any", code->any);
    cJSON_AddBoolToObject(row, "chosen", chosen);
    return row;
}

/* Every meaning of the status is listed; `chosen` marks the one that counts for this server. */
void json_explain(struct buf *out, uint16_t status, enum server server, struct span vendor)
{
    char word[STATUS_TEXT];
    if (status >= STATUS_SLOTS) {
        json_error(out, "not a status code");
        return;
    }
    uint16_t chosen = verdict_entry(status, server, vendor);
    cJSON *to = new_object();
    cJSON_AddStringToObject(to, "code", status_text(status, word));
    cJSON_AddStringToObject(to, "class", status_class_name(status_class(status)));
    cJSON *rows = cJSON_AddArrayToObject(to, "entries");
    for (size_t i = 0; i < codes_count(); i++) {
        if (codes_at(i)->status == status) {
            cJSON_AddItemToArray(rows, explain_row(i, i == chosen));
        }
    }
    print(out, to);
}

void json_explain_detail(struct buf *out, size_t index)
{
    const struct detail *d = details_at(index);
    cJSON *to = new_object();
    cJSON_AddStringToObject(to, "code", d->word);
    cJSON *rows = cJSON_AddArrayToObject(to, "entries"), *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", d->name);
    cJSON_AddStringToObject(row, "vendor", d->owner);
    cJSON_AddStringToObject(row, "blame", blame_name(d->blame));
    cJSON_AddBoolToObject(row, "chosen", true);
    cJSON_AddItemToArray(rows, row);
    print(out, to);
}

void json_top(struct buf *out, const struct tally *t, int only, size_t max)
{
    buf_byte(out, '{');
    counts_top(out, t, only, max);
    members_close(out, '}');
}

void json_error(struct buf *out, const char *text)
{
    buf_byte(out, '{');
    members_text(out, "error", span_of(text));
    members_close(out, '}');
}
