/*
 * Each pass calls a stage as the pipeline does. What the stages together take is more than the
 * whole: in the whole, one waits for memory while another computes.
 */
#include "bench/micro/stage.h"

#include "base/alloc.h"
#include "input/framer.h"
#include "run/pipeline.h"
#include "scan/jsonscan.h"
#include "tally/route.h"

#include <stdlib.h>

enum {
    KEEP = 1 << TALLY_HOSTS | 1 << TALLY_UPSTREAMS | 1 << TALLY_ROUTES,
    BATCH = 64,            /* events that parse_lines may give at once */
    CHUNK_BYTES = 1 << 18, /* that a scan reads at once */
};

#define NGINX                                                                   \
    "nginx:$remote_addr - $remote_user [$time_local] \"$request\" $status "     \
    "$body_bytes_sent \"$http_referer\" \"$http_user_agent\" rt=$request_time " \
    "urt=\"$upstream_response_time\" ua=\"$upstream_addr\" host=$host"
#define REGEX                                                \
    "regex:^(?<client>\\S+) \\S+ \\S+ \\[(?<time>[^]]+)\\] " \
    "\"(?<request>[^\"]*)\" (?<status>\\d+) (?<bytes>\\S+)"

static uint64_t frame(struct sample *s)
{
    struct framer framer = {0};
    struct span rest = s->text, line;
    uint64_t sum = 0;
    while (framer_next(&framer, &rest, &line, true)) {
        sum += line.len;
    }
    return sum;
}

/* The parser's own set where it has one, else what the common formats need. */
static uint64_t take_lines(struct sample *s)
{
    static struct lines lines;
    const struct parser *p = s->format.parser;
    const struct marks_set *set = p->marks ? p->marks(s->state) : NULL;
    struct marks_set usual;
    if (!set) {
        marks_set_init(&usual, "\n \"[", 4, true);
        set = &usual;
    }
    uint64_t sum = 0;
    for (struct span rest = s->text; rest.len;) {
        lines_take(&lines, set, rest);
        size_t n = lines.end > rest.ptr ? (size_t)(lines.end - rest.ptr) : rest.len;
        sum += n + *lines.mark;
        rest = span_after(rest, n);
    }
    return sum;
}

static uint64_t parse(struct sample *s)
{
    const struct parser *p = s->format.parser;
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct event e;
        event_clear(&e);
        sum += (uint64_t)p->parse(s->state, s->lines[i], &e) + e.status;
    }
    return sum;
}

static bool has_parse_lines(const struct sample *s)
{
    const struct parser *p = s->format.parser;
    return p->marks && p->marks(s->state);
}

/* One line the old way, where parse_lines stopped or no line ended within the piece. */
static struct span parse_one(struct sample *s, struct span rest, uint64_t *sum)
{
    struct event e;
    size_t n = span_find(rest, '\n');
    event_clear(&e);
    *sum += (uint64_t)s->format.parser->parse(s->state, span_head(rest, n), &e) + e.status;
    return span_after(rest, n + 1);
}

/* With finding the lines and their marks. */
static uint64_t parse_lines(struct sample *s)
{
    static struct lines lines;
    static struct event events[BATCH];
    const struct parser *p = s->format.parser;
    uint64_t sum = 0;
    for (struct span rest = s->text; rest.len;) {
        lines_take(&lines, p->marks(s->state), rest);
        while (lines.at < lines.end) {
            size_t n = p->parse_lines(s->state, &lines, events, BATCH);
            if (n == 0) {
                struct span left = {lines.at, (size_t)(lines.end - lines.at)};
                lines_skip(&lines, parse_one(s, left, &sum).ptr);
            }
            sum += n ? events[n - 1].status : 0;
        }
        rest = lines.end > rest.ptr ? span_after(rest, (size_t)(lines.end - rest.ptr))
                                    : parse_one(s, rest, &sum);
    }
    return sum;
}

static uint64_t walk_json(struct sample *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct jsonscan scan;
        struct jsonscan_member member;
        jsonscan_over(&scan, s->lines[i]);
        while (jsonscan_next(&scan, &member)) {
            sum += member.value.len;
        }
    }
    return sum;
}

static uint64_t read_time(struct sample *s)
{
    struct logtime cache = {0};
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        int64_t ms = 0;
        logtime_read(&cache, s->events[i].time_kind, s->events[i].time, &ms);
        sum += (uint64_t)ms;
    }
    return sum;
}

static uint64_t take_verdicts(struct sample *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += verdict_of(&s->verdicts, &s->events[i]).entry;
    }
    return sum;
}

static uint64_t count(struct sample *s)
{
    struct tally tally;
    tally_init(&tally, KEEP, false);
    for (size_t i = 0; i < s->n; i++) {
        const struct event *e = &s->events[i];
        tally_request(&tally, e, verdict_of(&s->verdicts, e), s->ms[i], true, s->lines[i]);
    }
    uint64_t sum = tally.requests;
    tally_done(&tally);
    return sum;
}

static uint64_t add_hosts(struct sample *s)
{
    static const uint64_t one[TOP_COLUMNS] = {1};
    struct top *top = top_new();
    for (size_t i = 0; i < s->n; i++) {
        top_add(top, s->events[i].host, one);
    }
    uint64_t sum = top->n_entries;
    top_free(top);
    return sum;
}

/* Of every line, though a tally asks for routes of errors only. */
static uint64_t add_routes(struct sample *s)
{
    static const uint64_t one[TOP_COLUMNS] = {1, 1};
    struct top *top = top_new();
    for (size_t i = 0; i < s->n; i++) {
        char out[ROUTE_BYTES];
        struct event e = s->events[i];
        event_split(&e);
        top_add(top, route_of(e.target, out), one);
    }
    uint64_t sum = top->n_entries;
    top_free(top);
    return sum;
}

static uint64_t add_durations(struct sample *s)
{
    struct sketch sketch = {0};
    for (size_t i = 0; i < s->n; i++) {
        sketch_add(&sketch, (uint64_t)s->events[i].duration_ns);
    }
    uint64_t sum = sketch.count + sketch.sum_ns;
    sketch_done(&sketch);
    return sum;
}

/* As a scan with the default rule does it. */
static uint64_t all_of_it(struct sample *s)
{
    struct pipeline pipeline;
    struct rule rule = {.name = "errors", .by = RULE_BY_SOURCE};
    rule_preset(&rule, SPAN("netdata"));
    pipeline_init(&pipeline, &rule, 1, KEEP, NULL, NULL);
    char *spec = alloc_printf("%s%s%s", s->format.parser->name, s->format.args ? ":" : "",
                              s->format.args ? s->format.args : "");
    struct source *source = source_new(&pipeline, s->kind, spec, "");
    for (struct span rest = s->text; rest.len;) {
        struct span chunk = span_head(rest, CHUNK_BYTES);
        bool final = chunk.len == rest.len;
        size_t n = source_bytes(source, &source->framer, chunk, final, s->ms[0]);
        source_feed(source, INT64_MIN);
        rest = span_after(rest, n);
    }
    source_finish(source);
    source_fold(source);
    uint64_t sum = source->total->lines;
    source_free(source);
    free(spec);
    pipeline_done(&pipeline);
    return sum;
}

static const struct stage stages[] = {
    {"framing, line by line", "combined", "combined", frame, NULL},
    {"framing with marks", "combined", "combined", take_lines, NULL},
    {"framing with marks, JSON", "caddy", "caddy", take_lines, NULL},
    {"parse, combined", "combined", "combined", parse, NULL},
    {"parse, vhost_combined", "vhost", "vhost_combined", parse, NULL},
    {"parse, nginx log_format", "timed", NGINX, parse, NULL},
    {"parse, HAProxy", "haproxy", "haproxy", parse, NULL},
    {"parse, HAProxy over syslog", "syslog", "haproxy", parse, NULL},
    {"parse, W3C", "w3c", "w3c", parse, NULL},
    {"parse, JSON (Caddy)", "caddy", "caddy", parse, NULL},
    {"parse, regex", "combined", REGEX, parse, NULL},
    {"parse_lines, combined", "combined", "combined", parse_lines, has_parse_lines},
    {"parse_lines, vhost_combined", "vhost", "vhost_combined", parse_lines, has_parse_lines},
    {"parse_lines, nginx log_format", "timed", NGINX, parse_lines, has_parse_lines},
    {"parse_lines, HAProxy", "haproxy", "haproxy", parse_lines, has_parse_lines},
    {"parse_lines, HAProxy over syslog", "syslog", "haproxy", parse_lines, has_parse_lines},
    {"parse_lines, W3C", "w3c", "w3c", parse_lines, has_parse_lines},
    {"parse_lines, JSON (Caddy)", "caddy", "caddy", parse_lines, has_parse_lines},
    {"JSON, walk alone", "caddy", "caddy", walk_json, NULL},
    {"time, CLF", "combined", "combined", read_time, NULL},
    {"time, seconds since 1970", "caddy", "caddy", read_time, NULL},
    {"time, ISO", "w3c", "w3c", read_time, NULL},
    {"verdict", "combined", "combined", take_verdicts, NULL},
    {"tally", "combined", "combined", count, NULL},
    {"tally with hosts and durations", "timed", NGINX, count, NULL},
    {"top table, hosts", "timed", NGINX, add_hosts, NULL},
    {"route and top table", "combined", "combined", add_routes, NULL},
    {"sketch", "timed", NGINX, add_durations, NULL},
    {"all of it, combined", "combined", "combined", all_of_it, NULL},
    {"all of it, nginx log_format", "timed", NGINX, all_of_it, NULL},
    {"all of it, JSON (Caddy)", "caddy", "caddy", all_of_it, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct stage *stage_all(void)
{
    return stages;
}
