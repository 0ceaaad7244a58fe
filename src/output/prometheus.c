/*
 * Writes family after family, each with its samples together, as both formats demand. Series must
 * be unique: a scrape with a label set twice is refused as a whole. Sources whose names are the
 * same once they are cut, cleaned or above the cap are therefore grouped, and a group is one
 * series, their sum.
 *
 * Formats: prometheus.io "Exposition formats", text 0.0.4; OpenMetrics 1.0, where the name of a
 * counter's family lacks the "_total" of its samples and build information has a type of its own.
 */
#include "output/prometheus.h"

#include "base/alloc.h"
#include "codes/verdict.h"
#include "output/escape.h"

#include <inttypes.h>
#include <stdlib.h>

#ifndef TEAPOT_VERSION
#define TEAPOT_VERSION "0"
#endif

enum {
    LABEL_BYTES = 128,
    SOURCES_MAX = 1000, /* further sources are counted as "other" */
    ALERTS_MAX = 1000,
};

/* A source with its label, escaped. Those of one group stand next to each other. */
struct labelled {
    char *label;
    const struct summary_source *source;
    size_t end; /* of the first of a group: the number of the first one behind it */
};

struct metrics {
    struct buf *out;
    bool open; /* OpenMetrics */
    const struct summary *summary;
    struct labelled *sources; /* in order of their labels */
    size_t n_sources;
};

/* The answers of one group with one label set. */
struct response {
    uint16_t status;
    const char *vendor;
    enum blame blame;
    uint64_t count;
};

typedef uint64_t (*source_value_fn)(const struct summary_source *source);

/* Writes what stands above the samples. `type` is OpenMetrics' word. */
static void write_family(const struct metrics *m, const char *name, const char *type,
                         const char *help)
{
    struct span family = span_of(name);
    if (m->open && span_is(span_of(type), "counter")) {
        family.len -= strlen("_total");
    }
    if (span_is(span_of(type), "info")) {
        type = m->open ? "info" : "gauge";
        family.len -= m->open ? strlen("_info") : 0;
    }
    buf_printf(m->out, "# HELP %.*s %s\n", (int)family.len, family.ptr, help);
    buf_printf(m->out, "# TYPE %.*s %s\n", (int)family.len, family.ptr, type);
}

/* Writes a decimal number: exact, with a point in every locale, as "0.005", "1.0", "2.5". */
static void write_fraction(struct buf *out, uint64_t whole, uint64_t fraction, int digits)
{
    buf_printf(out, "%" PRIu64 ".%0*" PRIu64, whole, digits, fraction);
    while (out->data[out->len - 1] == '0' && out->data[out->len - 2] != '.') {
        out->data[--out->len] = '\0';
    }
}

/* A number of seconds that is not negative. */
static void write_seconds(struct buf *out, double s)
{
    uint64_t micro = s > 0 && s < 1e12 ? (uint64_t)(s * 1e6 + 0.5) : 0;
    write_fraction(out, micro / 1000000, micro % 1000000, 6);
}

static void write_plain(const struct metrics *m, const char *name, uint64_t value)
{
    buf_printf(m->out, "%s %" PRIu64 "\n", name, value);
}

/* Finds out where groups end: each family asks for it. */
static void find_groups(struct metrics *m)
{
    for (size_t at = 0, end; at < m->n_sources; at = end) {
        end = at + 1;
        while (end < m->n_sources && strcmp(m->sources[end].label, m->sources[at].label) == 0) {
            end++;
        }
        m->sources[at].end = end;
    }
}

/* The two ends of a sample that has labels, the source's first. There are ten thousand of them, so
 * they are put together from pieces: printf would take three times as long. */
static void begin_sample(const struct metrics *m, const char *name, const char *label)
{
    buf_text(m->out, name);
    buf_add(m->out, SPAN("{source=\""));
    buf_text(m->out, label);
    buf_byte(m->out, '"');
}

static void end_sample(const struct metrics *m, uint64_t value)
{
    buf_add(m->out, SPAN("} "));
    buf_number(m->out, value);
    buf_byte(m->out, '\n');
}

static void write_label(const struct metrics *m, const char *name, const char *value)
{
    buf_byte(m->out, ',');
    buf_text(m->out, name);
    buf_add(m->out, SPAN("=\""));
    buf_text(m->out, value);
    buf_byte(m->out, '"');
}

/* One sample for each group: the sum of a value over its sources. `more` are further labels, or "".
 */
static void write_sums(const struct metrics *m, const char *name, const char *more,
                       source_value_fn value)
{
    for (size_t at = 0, end; at < m->n_sources; at = end) {
        uint64_t sum = 0;
        end = m->sources[at].end;
        for (size_t i = at; i < end; i++) {
            sum += value(m->sources[i].source);
        }
        begin_sample(m, name, m->sources[at].label);
        buf_text(m->out, more);
        end_sample(m, sum);
    }
}

/* Equal label sets become neighbours, to be summed up. */
static int compare_responses(const void *left, const void *right)
{
    const struct response *a = left, *b = right;
    if (a->status != b->status) {
        return a->status < b->status ? -1 : 1;
    }
    int order = strcmp(a->vendor, b->vendor);
    return order ? order : (a->blame > b->blame) - (a->blame < b->blame);
}

/* increase() and rate() miss the step from no series to its first value, so the series that alerts
 * are made of begin at 0, with the vendor and blame that the codes have by default. */
static size_t add_zeroes(struct response *to)
{
    static const uint16_t from_the_start[] = {500, 502, 503, 504};
    size_t n = 0, index;
    for (size_t i = 0; i < sizeof(from_the_start) / sizeof(from_the_start[0]); i++) {
        if (codes_find(from_the_start[i], SPAN("ietf"), &index)) {
            const struct code *code = codes_at(index);
            to[n++] = (struct response){code->status, code->owner, code->blame, 0};
        }
    }
    return n;
}

/* The counts of one source; the same label set may come again from another source of the group. */
static size_t add_cells(struct response *to, const struct tally *t)
{
    for (uint32_t i = 0; i < t->n_cells; i++) {
        struct verdict v = t->cells[i].verdict;
        to[i] = (struct response){v.status, verdict_vendor(v), v.blame, t->cells[i].count};
    }
    return t->n_cells;
}

static void write_response(const struct metrics *m, const char *label, const struct response *r,
                           uint64_t count)
{
    char word[STATUS_TEXT];
    begin_sample(m, "teapotd_http_responses_total", label);
    write_label(m, "code", status_text(r->status, word));
    write_label(m, "class", status_class_name(status_class(r->status)));
    write_label(m, "vendor", r->vendor);
    write_label(m, "blame", blame_name(r->blame));
    end_sample(m, count);
}

/* Gathers the label sets of all sources of a group, sorts them, and writes the sum of equal ones.
 */
static void write_group_responses(const struct metrics *m, size_t at, size_t end)
{
    size_t room = 4, n = 0;
    for (size_t i = at; i < end; i++) {
        room += m->sources[i].source->tally->n_cells;
    }
    struct response *responses = alloc_zero(room, sizeof(*responses));
    n = add_zeroes(responses);
    for (size_t i = at; i < end; i++) {
        n += add_cells(responses + n, m->sources[i].source->tally);
    }
    qsort(responses, n, sizeof(*responses), compare_responses);
    for (size_t i = 0; i < n;) {
        const struct response *first = &responses[i];
        uint64_t sum = 0;
        for (; i < n && compare_responses(first, &responses[i]) == 0; i++) {
            sum += responses[i].count;
        }
        write_response(m, m->sources[at].label, first, sum);
    }
    free(responses);
}

static void write_responses(const struct metrics *m)
{
    write_family(m, "teapotd_http_responses_total", "counter",
                 "Responses by status code, with the code's owner and who has to act.");
    for (size_t at = 0, end; at < m->n_sources; at = end) {
        end = m->sources[at].end;
        write_group_responses(m, at, end);
    }
}

/* Buckets are cumulative in both formats. The bounds are written as OpenMetrics wants floats
 * ("1.0") in the text format too, so that the series are the same whichever a server asks for. */
static void write_histogram(const struct metrics *m, const char *class, const struct sketch *s)
{
    static const char name[] = "teapotd_http_request_duration_seconds";
    uint64_t below = 0;
    for (size_t i = 0; i < SKETCH_BOUNDS; i++) {
        below += s->below[i];
        buf_printf(m->out, "%s_bucket{class=\"%s\",le=\"", name, class);
        write_fraction(m->out, sketch_bounds_ns[i] / 1000000000, sketch_bounds_ns[i] % 1000000000,
                       9);
        buf_printf(m->out, "\"} %" PRIu64 "\n", below);
    }
    buf_printf(m->out, "%s_bucket{class=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, class, s->count);
    buf_printf(m->out, "%s_sum{class=\"%s\"} ", name, class);
    write_fraction(m->out, s->sum_s, s->sum_ns, 9);
    buf_printf(m->out, "\n%s_count{class=\"%s\"} %" PRIu64 "\n", name, class, s->count);
}

/* By class only: with sources as well, the buckets would be more series than all the rest. */
static void write_durations(const struct metrics *m)
{
    write_family(m, "teapotd_http_request_duration_seconds", "histogram",
                 "Time that requests took, as the logs say, by class of their status.");
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        if (m->summary->all->durations[c]) {
            write_histogram(m, status_class_name(c), m->summary->all->durations[c]);
        }
    }
}

static uint64_t value_bytes(const struct summary_source *s)
{
    return s->tally->bytes;
}

static uint64_t value_requests(const struct summary_source *s)
{
    return s->tally->requests;
}

static uint64_t value_unparsed(const struct summary_source *s)
{
    return s->tally->unparsed;
}

static uint64_t value_ignored(const struct summary_source *s)
{
    return s->tally->ignored;
}

static uint64_t value_lag(const struct summary_source *s)
{
    return s->lag_bytes;
}

static uint64_t value_rotations(const struct summary_source *s)
{
    return s->rotations;
}

static uint64_t value_lost(const struct summary_source *s)
{
    return s->lost_bytes;
}

static uint64_t value_truncations(const struct summary_source *s)
{
    return s->truncations;
}

static uint64_t value_long_lines(const struct summary_source *s)
{
    return s->long_lines;
}

static void write_lines(const struct metrics *m)
{
    static const char name[] = "teapotd_lines_total";
    write_family(m, name, "counter", "Lines read, by what became of them.");
    write_sums(m, name, ",result=\"request\"", value_requests);
    write_sums(m, name, ",result=\"unparsed\"", value_unparsed);
    write_sums(m, name, ",result=\"ignored\"", value_ignored);
}

/* The stamp of a group's latest line; a group without stamps has no sample. */
static void write_last_events(const struct metrics *m)
{
    static const char name[] = "teapotd_source_last_event_timestamp_seconds";
    write_family(m, name, "gauge", "Latest time stamp in the source's lines.");
    for (size_t at = 0, end; at < m->n_sources; at = end) {
        int64_t latest = -1; /* milliseconds; stamps before 1970 are not worth a sample */
        end = m->sources[at].end;
        for (size_t i = at; i < end; i++) {
            const struct tally *t = m->sources[i].source->tally;
            latest = t->has_time && t->to_ms > latest ? t->to_ms : latest;
        }
        if (latest >= 0) {
            buf_printf(m->out, "%s{source=\"%s\"} ", name, m->sources[at].label);
            write_fraction(m->out, (uint64_t)latest / 1000, (uint64_t)latest % 1000, 3);
            buf_byte(m->out, '\n');
        }
    }
}

static void write_sources(const struct metrics *m)
{
    static const struct {
        const char *name, *type, *help;
        source_value_fn value;
    } families[] = {
        {"teapotd_response_bytes_total", "counter", "Bytes of responses, as the logs say.",
         value_bytes},
        {"teapotd_source_lag_bytes", "gauge", "Bytes of the source that are not read yet.",
         value_lag},
        {"teapotd_source_rotations_total", "counter", "Times that the source was rotated.",
         value_rotations},
        {"teapotd_source_truncations_total", "counter", "Times that the source became shorter.",
         value_truncations},
        {"teapotd_source_lost_bytes_total", "counter", "Bytes that are known to be gone unread.",
         value_lost},
        {"teapotd_source_long_lines_total", "counter",
         "Lines that were longer than the limit and cut.", value_long_lines},
    };
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        write_family(m, families[i].name, families[i].type, families[i].help);
        write_sums(m, families[i].name, "", families[i].value);
    }
    write_last_events(m);
}

static int compare_texts(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* An empty label is the same as none; these are rare. */
static void add_if_any(struct buf *b, const char *label, const char *value)
{
    if (value[0]) {
        buf_printf(b, ",%s=\"", label);
        escape_label(b, span_of(value), LABEL_BYTES);
        buf_byte(b, '"');
    }
}

/* Escaped and cut before they are compared: what is the same afterwards must be one series. */
static char *alert_labels(const struct alert *a)
{
    struct buf b = {0};
    buf_text(&b, "rule=\"");
    escape_label(&b, span_of(a->rule), LABEL_BYTES);
    buf_printf(&b, "\",severity=\"%s\",source=\"", rule_severity_name(a->severity));
    escape_label(&b, span_of(a->source), LABEL_BYTES);
    buf_text(&b, "\",host=\"");
    escape_label(&b, span_of(a->host), LABEL_BYTES);
    buf_text(&b, "\"");
    add_if_any(&b, "route", a->route);
    add_if_any(&b, "upstream", a->upstream);
    return b.data;
}

/* Severity is a label, so an alert that gets worse goes on as another series; that is what routing
 * by severity needs. Names that become the same when cut are one series. */
static void write_active(const struct metrics *m)
{
    const struct alert_set *set = m->summary->alerts;
    char **labels = alloc_zero(ALERTS_MAX, sizeof(*labels));
    size_t n = 0;
    write_family(m, "teapotd_alert_active", "gauge", "1 for each alert that is firing now.");
    for (size_t i = 0; i < alert_set_count(set) && n < ALERTS_MAX; i++) {
        const struct alert *a = alert_set_at(set, i);
        if (a->state == ALERT_FIRING) {
            labels[n++] = alert_labels(a);
        }
    }
    qsort(labels, n, sizeof(*labels), compare_texts);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(labels[i - 1], labels[i]) != 0) {
            buf_printf(m->out, "teapotd_alert_active{%s} 1\n", labels[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        free(labels[i]);
    }
    free(labels);
}

/* Without a set of alerts the families are left out, for a 0 would say that somebody watches. */
static void write_alerts(const struct metrics *m)
{
    const struct alert_set *set = m->summary->alerts;
    if (!set) {
        return;
    }
    write_active(m);
    write_family(m, "teapotd_alerts_firing", "gauge", "How many alerts are firing now.");
    write_plain(m, "teapotd_alerts_firing", alert_set_firing(set));
    write_family(m, "teapotd_alert_series_refused_total", "counter",
                 "Series that no rule watches because a rule had too many already.");
    write_plain(m, "teapotd_alert_series_refused_total", alert_set_refused(set));
    write_family(m, "teapotd_alert_late_lines_total", "counter",
                 "Lines that came for a second that was closed already.");
    write_plain(m, "teapotd_alert_late_lines_total", alert_set_late(set));
}

static void write_notify(const struct metrics *m, const struct prometheus_notify *n,
                         const char *result, uint64_t value)
{
    buf_printf(m->out,
               "teapotd_notifications_total{notify=\"%s\",way=\"%s\",result=\"%s\"} %" PRIu64 "\n",
               n->name, n->way, result, value);
}

/* Names of sections need no escaping (config/stanza.h). */
static void write_notifies(const struct metrics *m, const struct prometheus_daemon *d)
{
    write_family(m, "teapotd_notifications_total", "counter",
                 "Alerts for somebody, by what became of them.");
    for (size_t i = 0; i < d->n_notifies; i++) {
        const struct prometheus_notify *n = &d->notifies[i];
        write_notify(m, n, "sent", n->stats.sent);
        write_notify(m, n, "failed", n->stats.failed);
        write_notify(m, n, "dropped", n->stats.dropped);
    }
    write_family(m, "teapotd_summaries_dropped_total", "counter",
                 "Summaries and alerts that were not read as fast as they were written.");
    write_plain(m, "teapotd_summaries_dropped_total", d->summaries_dropped);
    write_family(m, "teapotd_notifications_waiting", "gauge",
                 "Alerts for somebody that are not delivered yet.");
    for (size_t i = 0; i < d->n_notifies; i++) {
        const struct prometheus_notify *n = &d->notifies[i];
        buf_printf(m->out, "teapotd_notifications_waiting{notify=\"%s\",way=\"%s\"} %" PRIu64 "\n",
                   n->name, n->way, n->stats.waiting);
    }
}

/* The names that every Prometheus client library uses, so that ready-made dashboards fit. */
static void write_process(const struct metrics *m, const struct prometheus_process *p)
{
    write_family(m, "process_cpu_seconds_total", "counter",
                 "Total user and system CPU time spent in seconds.");
    buf_text(m->out, "process_cpu_seconds_total ");
    write_seconds(m->out, p->cpu_seconds);
    buf_byte(m->out, '\n');
    write_family(m, "process_start_time_seconds", "gauge",
                 "Start time of the process since 1970 in seconds.");
    buf_text(m->out, "process_start_time_seconds ");
    write_seconds(m->out, p->start_time_seconds);
    buf_byte(m->out, '\n');
    write_family(m, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
    write_plain(m, "process_resident_memory_bytes", p->resident_bytes);
    write_family(m, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.");
    write_plain(m, "process_virtual_memory_bytes", p->virtual_bytes);
    write_family(m, "process_open_fds", "gauge", "Number of open file descriptors.");
    write_plain(m, "process_open_fds", p->open_fds);
    write_family(m, "process_max_fds", "gauge", "Maximum number of open file descriptors.");
    write_plain(m, "process_max_fds", p->max_fds);
}

static int compare_labelled(const void *left, const void *right)
{
    const struct labelled *a = left, *b = right;
    return strcmp(a->label, b->label);
}

/* Sources beyond SOURCES_MAX share a label, and so become one group. */
static void label_sources(struct metrics *m)
{
    m->n_sources = m->summary->n_sources;
    m->sources = alloc_zero(m->n_sources, sizeof(*m->sources));
    for (size_t i = 0; i < m->n_sources; i++) {
        const struct summary_source *source = &m->summary->sources[i];
        struct buf label = {0};
        escape_label(&label, i < SOURCES_MAX ? span_of(source->name) : SPAN("other"), LABEL_BYTES);
        buf_text(&label, ""); /* so that an empty name is a string too */
        m->sources[i] = (struct labelled){.label = label.data, .source = source};
    }
    qsort(m->sources, m->n_sources, sizeof(*m->sources), compare_labelled);
    find_groups(m);
}

/* OpenMetrics ends with "# EOF", so that a scrape that broke off is noticed. */
void prometheus_metrics(struct buf *out, const struct summary *s,
                        const struct prometheus_daemon *daemon, bool open_metrics)
{
    struct metrics m = {.out = out, .open = open_metrics, .summary = s};
    label_sources(&m);
    write_responses(&m);
    write_durations(&m);
    write_lines(&m);
    write_sources(&m);
    write_alerts(&m);
    write_family(&m, "teapotd_build_info", "info", "The version that runs, always 1.");
    buf_text(out, "teapotd_build_info{version=\"" TEAPOT_VERSION "\"} 1\n");
    if (daemon) {
        write_notifies(&m, daemon);
        write_process(&m, &daemon->process);
    }
    if (open_metrics) {
        buf_text(out, "# EOF\n");
    }
    for (size_t i = 0; i < m.n_sources; i++) {
        free(m.sources[i].label);
    }
    free(m.sources);
}
