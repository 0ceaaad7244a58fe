/*
 * Builds cJSON trees and prints them. cJSON keeps numbers as doubles and strings up to the first
 * NUL, so whole numbers and text from logs go in as raw, ready-made pieces: exact, and escaped by
 * escape.c.
 */
#include "output/json.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "codes/verdict.h"
#include "output/escape.h"
#include "output/merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

enum {
    JSON_TOP = 20, /* names that are shown of each dimension */
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

static void add_codes(cJSON *to, const struct tally *t)
{
    uint32_t *order = alloc_zero(t->n_cells, sizeof(*order));
    size_t n = tally_order(t, order);
    cJSON *rows = cJSON_AddArrayToObject(to, "codes");
    for (size_t i = 0; i < n; i++) {
        const struct tally_cell *cell = &t->cells[order[i]];
        cJSON *row =
            code_row(cell->verdict.status, verdict_code(cell->verdict), cell->verdict.blame);
        add_number(row, "count", cell->count);
        cJSON_AddItemToArray(rows, row);
    }
    free(order);
}

struct vendor {
    const char *name;
    uint64_t count;
};

/* Equal counts are in the order of names, so that equal tallies give equal bytes. */
static int compare_vendors(const void *left, const void *right)
{
    const struct vendor *a = left, *b = right;
    return a->count != b->count ? (a->count < b->count ? 1 : -1) : strcmp(a->name, b->name);
}

/* Counts by owner, the largest first. What is unassigned has no owner and is left out. */
static void add_vendors(cJSON *to, const struct tally *t)
{
    struct vendor *vendors = alloc_zero(t->n_cells, sizeof(*vendors));
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_cells; i++) {
        const char *name = verdict_vendor(t->cells[i].verdict);
        size_t at = 0;
        while (at < n && strcmp(vendors[at].name, name) != 0) {
            at++;
        }
        n += at == n;
        vendors[at] = (struct vendor){name, vendors[at].count + t->cells[i].count};
    }
    qsort(vendors, n, sizeof(*vendors), compare_vendors);
    cJSON *counts = cJSON_AddObjectToObject(to, "vendors");
    for (size_t i = 0; i < n; i++) {
        if (vendors[i].name[0]) {
            add_number(counts, vendors[i].name, vendors[i].count);
        }
    }
    free(vendors);
}

static void add_classes(cJSON *to, const struct tally *t)
{
    uint64_t counts[STATUS_CLASSES];
    tally_classes(t, counts);
    cJSON *classes = cJSON_AddObjectToObject(to, "classes");
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        add_number(classes, status_class_name(c), counts[c]);
    }
}

static void add_blame(cJSON *to, const uint64_t counts[BLAMES])
{
    cJSON *blames = cJSON_AddObjectToObject(to, "blame");
    for (enum blame blame = BLAME_NONE; blame < BLAMES; blame++) {
        add_number(blames, blame_name(blame), counts[blame]);
    }
}

static void add_durations(cJSON *to, const struct tally *t)
{
    struct sketch sketch;
    if (tally_durations(t, &sketch)) {
        cJSON *d = cJSON_AddObjectToObject(to, "duration_seconds");
        add_number(d, "count", sketch.count);
        cJSON_AddNumberToObject(d, "sum", sketch_sum_s(&sketch));
        cJSON_AddNumberToObject(d, "p50", sketch_quantile(&sketch, 0.5));
        cJSON_AddNumberToObject(d, "p90", sketch_quantile(&sketch, 0.9));
        cJSON_AddNumberToObject(d, "p99", sketch_quantile(&sketch, 0.99));
        cJSON_AddNumberToObject(d, "p999", sketch_quantile(&sketch, 0.999));
        cJSON_AddNumberToObject(d, "max", (double)sketch.max_ns / 1e9);
    }
    sketch_done(&sketch);
}

static void add_line_counts(cJSON *to, const struct tally *t)
{
    add_number(to, "lines", t->lines);
    add_number(to, "requests", t->requests);
    add_number(to, "unparsed", t->unparsed);
    add_number(to, "ignored", t->ignored);
}

/* The members that the whole and each source have in common, up to the durations. */
static void add_counts(cJSON *to, const struct tally *t)
{
    uint64_t blames[BLAMES];
    add_line_counts(to, t);
    add_number(to, "late", t->late);
    if (t->has_bytes) {
        add_number(to, "bytes", t->bytes);
    }
    add_classes(to, t);
    add_codes(to, t);
    add_vendors(to, t);
    tally_blames(t, blames);
    add_blame(to, blames);
    add_durations(to, t);
}

/* Routes and clients are counted on errors only, so they have no number of requests. */
static cJSON *top_row(const struct top *top, const struct top_entry *e, bool on_every_request)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddItemToObject(row, "name", raw_text(top_name(top, e)));
    if (on_every_request) {
        add_number(row, "requests", e->n[TOP_REQUESTS]);
    }
    add_number(row, "4xx", e->n[TOP_4XX]);
    add_number(row, "5xx", e->n[TOP_5XX]);
    add_number(row, "error", e->error);
    return row;
}

/* The largest names of one dimension; NULL when there are none. */
static cJSON *top_rows(const struct tally *t, enum tally_dimension d, size_t max)
{
    const struct top_entry *entries[TOP_NAMES];
    bool on_every_request = d == TALLY_HOSTS || d == TALLY_UPSTREAMS;
    size_t n = t->tops[d] ? top_largest(t->tops[d], !on_every_request, entries, max) : 0;
    cJSON *rows = n ? cJSON_CreateArray() : NULL;
    for (size_t i = 0; i < n; i++) {
        cJSON_AddItemToArray(rows, top_row(t->tops[d], entries[i], on_every_request));
    }
    return rows;
}

static cJSON *top_object(const struct tally *t, int only, size_t max)
{
    cJSON *all = new_object();
    for (enum tally_dimension d = TALLY_HOSTS; d < TALLY_DIMENSIONS; d++) {
        cJSON *rows = only < 0 || only == (int)d ? top_rows(t, d, max) : NULL;
        if (rows) {
            cJSON_AddItemToObject(all, merge_dimension_name(d), rows);
        }
    }
    return all;
}

/* No member at all is clearer than an empty one: the dimensions may not be kept. */
static void add_top(cJSON *to, const struct tally *t)
{
    cJSON *all = top_object(t, -1, JSON_TOP);
    if (all->child) {
        cJSON_AddItemToObject(to, "top", all);
    } else {
        cJSON_Delete(all);
    }
}

static void add_samples(cJSON *to, const struct tally *t)
{
    if (t->n_samples == 0) {
        return;
    }
    cJSON *samples = cJSON_AddArrayToObject(to, "unparsed_samples");
    for (uint32_t i = 0; i < t->n_samples; i++) {
        cJSON_AddItemToArray(samples,
                             raw_text((struct span){t->samples[i].text, t->samples[i].len}));
    }
}

/* What is known of a source beside its counts. */
static void add_state(cJSON *to, const struct summary_source *s)
{
    add_text(to, "name", s->name);
    add_text(to, "format", s->format);
    if (s->format_reason) {
        add_text(to, "format_reason", s->format_reason);
    }
    if (s->state) {
        add_text(to, "state", s->state);
    }
    add_number(to, "lag_bytes", s->lag_bytes);
    add_number(to, "rotations", s->rotations);
    add_number(to, "truncations", s->truncations);
    add_number(to, "long_lines", s->long_lines);
}

/* From the stamps of the lines: of an interval too, a source shows its own time. */
static void add_stamps(cJSON *to, const struct tally *t)
{
    if (t->has_time) {
        add_time(to, "from", t->from_ms);
        add_time(to, "to", t->to_ms);
    }
}

static void add_sources(cJSON *to, const struct summary *s)
{
    cJSON *rows = cJSON_AddArrayToObject(to, "sources");
    for (size_t i = 0; i < s->n_sources; i++) {
        cJSON *row = cJSON_CreateObject();
        add_state(row, &s->sources[i]);
        add_stamps(row, s->sources[i].tally);
        add_counts(row, s->sources[i].tally);
        add_top(row, s->sources[i].tally);
        add_samples(row, s->sources[i].tally);
        cJSON_AddItemToArray(rows, row);
    }
}

/* An alert names a status, not whose it is: the standard's meaning, or else the first that there
 * is. */
static const struct code *code_of_alert(uint16_t status)
{
    size_t index;
    if (codes_find(status, SPAN("ietf"), &index)) {
        return codes_at(index);
    }
    for (size_t i = 0; i < codes_count(); i++) {
        if (codes_at(i)->status == status) {
            return codes_at(i);
        }
    }
    return NULL;
}

static void add_alert_codes(cJSON *to, const struct alert *a)
{
    cJSON *rows = a->n_codes ? cJSON_AddArrayToObject(to, "codes") : NULL;
    uint64_t blamed = 0;
    for (uint32_t i = 0; i < a->n_codes; i++) {
        const struct alert_code *c = &a->codes[i];
        cJSON *row = code_row(c->status, code_of_alert(c->status), c->blame);
        add_number(row, "count", c->count);
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
    if (a->evidence[0]) {
        add_text(to, "evidence", a->evidence);
    }
    add_alert_codes(to, a);
    add_alert_where(to, a);
    cJSON *samples = a->n_samples ? cJSON_AddArrayToObject(to, "samples") : NULL;
    for (uint32_t i = 0; i < a->n_samples; i++) {
        cJSON_AddItemToArray(samples, raw_text(span_of(a->samples[i])));
    }
    add_text(to, "summary", a->summary);
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
    add_alert_series(to, a);
    add_time(to, "since", a->since * 1000);
    add_time(to, "at", a->at * 1000);
    if (a->resolved_at) {
        add_time(to, "resolved_at", a->resolved_at * 1000);
    }
    add_alert_reasons(to, a);
    return to;
}

/* The alerts that fired or were resolved at or after a second. */
static void add_alerts(cJSON *to, const struct alert_set *set, int64_t since)
{
    cJSON *rows = cJSON_AddArrayToObject(to, "alerts");
    for (size_t i = 0; i < alert_set_count(set); i++) {
        const struct alert *a = alert_set_at(set, i);
        if (a->state != ALERT_PENDING && (a->at >= since || a->resolved_at >= since)) {
            cJSON_AddItemToArray(rows, alert_object(a));
        }
    }
}

static void add_summary_head(cJSON *to, const struct summary *s)
{
    static const char *const kinds[] = {"scan", "interval", "total"};
    int64_t from_ms, to_ms;
    cJSON_AddStringToObject(to, "schema", "teapotd.summary/1");
    cJSON_AddStringToObject(to, "kind", kinds[s->kind]);
    if (s->host) {
        add_text(to, "host", s->host);
    }
    add_number(to, "seq", s->seq);
    if (summary_time(s, &from_ms, &to_ms)) {
        add_time(to, "from", from_ms);
        add_time(to, "to", to_ms);
    }
}

void json_summary(struct buf *out, const struct summary *s)
{
    struct buf merge = {0};
    cJSON *to = new_object();
    add_summary_head(to, s);
    add_counts(to, s->all);
    add_sources(to, s);
    add_top(to, s->all);
    if (s->alerts) {
        add_alerts(to, s->alerts, s->alerts_since);
    }
    add_samples(to, s->all);
    merge_write(&merge, s);
    cJSON_AddRawToObject(to, "merge", merge.data);
    buf_done(&merge);
    print(out, to);
}

void json_alert(struct buf *out, const struct alert *a)
{
    print(out, alert_object(a));
}

void json_alerts(struct buf *out, const struct alert_set *set)
{
    cJSON *to = new_object();
    add_alerts(to, set, INT64_MIN);
    print(out, to);
}

void json_sources(struct buf *out, const struct summary_source *sources, size_t n)
{
    cJSON *to = new_object(), *rows = cJSON_AddArrayToObject(to, "sources");
    for (size_t i = 0; i < n; i++) {
        cJSON *row = cJSON_CreateObject();
        add_state(row, &sources[i]);
        if (sources[i].tally->has_time) {
            add_time(row, "last_event", sources[i].tally->to_ms);
        }
        add_line_counts(row, sources[i].tally);
        cJSON_AddItemToArray(rows, row);
    }
    print(out, to);
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

void json_top(struct buf *out, const struct tally *t, int only, size_t max)
{
    cJSON *root = new_object();
    cJSON_AddItemToObject(root, "top", top_object(t, only, max));
    print(out, root);
}

void json_error(struct buf *out, const char *text)
{
    cJSON *to = new_object();
    add_text(to, "error", text);
    print(out, to);
}
