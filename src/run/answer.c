/* What the stats socket is answered, from the service's sources. */
#include "base/clock.h"
#include "codes/details.h"
#include "output/json.h"
#include "output/prometheus.h"
#include "output/report.h"
#include "run/process.h"
#include "run/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    OK = 200,
    BAD = 400,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    FAILED = 503,
    WORD_BYTES = 256,
};

/* Takes a word off the front of `rest` into `out`; empty when there is none. A word that is too
 * long is cut, and then fits nothing. */
static bool take_word(struct span *rest, char out[WORD_BYTES])
{
    *rest = span_trim(*rest);
    size_t n = span_find(*rest, ' ');
    size_t len = n < WORD_BYTES - 1 ? n : WORD_BYTES - 1;
    if (len) {
        memcpy(out, rest->ptr, len);
    }
    out[len] = '\0';
    *rest = span_trim(span_after(*rest, n));
    return len > 0;
}

/* For the last seconds only sums are remembered, so that summary lists no sources. */
static int answer_summary(struct service *s, const struct serve_request *r, struct buf *out)
{
    struct summaries m;
    if (r->last_s > 0) {
        summaries_recent(s, r->last_s, &m);
    } else {
        summaries_make(s, SUMMARY_TOTAL, &m);
    }
    json_summary(out, &m.summary);
    buf_byte(out, '\n');
    summaries_done(&m);
    return OK;
}

static int answer_history(struct service *s, const struct serve_request *r, struct buf *out)
{
    int error = past_answer(s, r->last_s, out);
    buf_text(out, error ? "" : "\n");
    return error == 0 ? OK : error == -ENOENT ? NOT_FOUND : FAILED;
}

static int answer_sources(struct service *s, struct buf *out)
{
    struct summaries m;
    sections_lags(s);
    summaries_make(s, SUMMARY_TOTAL, &m);
    json_sources(out, m.summary.sources, m.summary.n_sources);
    buf_byte(out, '\n');
    summaries_done(&m);
    return OK;
}

static int answer_metrics(struct service *s, const struct serve_request *r, struct buf *out)
{
    struct summaries m;
    sections_lags(s);
    summaries_make(s, SUMMARY_TOTAL, &m);
    struct prometheus_notify notifies[SERVICE_HOOKS];
    struct prometheus_daemon daemon = {process_read(s->started_ms), notifies, s->n_hooks,
                                       outflow_dropped(s->outflow)};
    for (size_t i = 0; i < s->n_hooks; i++) {
        const struct hook *hook = &s->hooks[i];
        const char *way = hook->webhook ? "webhook" : hook->mail ? "mail" : "exec";
        notifies[i] =
            (struct prometheus_notify){hook->name, way, outbox_stats(deliver_outbox(hook))};
    }
    prometheus_metrics(out, &m.summary, &daemon, r->open_metrics);
    summaries_done(&m);
    return OK;
}

/* Healthy: the loop answers, and every source can be read. */
static int answer_health(struct service *s, const struct serve_request *r, struct buf *out)
{
    size_t failing = 0;
    for (size_t i = 0; i < s->n_found; i++) {
        failing += s->found[i]->error != 0;
    }
    if (failing) {
        buf_printf(out, "%zu of %zu sources can't be read\n", failing, s->n_found);
        return FAILED;
    }
    (void)r;
    buf_text(out, "ok\n");
    return OK;
}

/* Both words may be missing; the default is ten names of every dimension. */
static int answer_top(struct service *s, const struct serve_request *r, struct buf *out)
{
    static const char *const dimensions[] = {"hosts", "upstreams", "routes", "clients"};
    _Static_assert(sizeof(dimensions) / sizeof(dimensions[0]) == TALLY_DIMENSIONS, "one name each");
    char word[WORD_BYTES], number[WORD_BYTES];
    struct span rest = r->args;
    uint64_t max = 10;
    int only = -1;
    if (take_word(&rest, word)) {
        for (int d = 0; d < TALLY_DIMENSIONS; d++) {
            only = strcmp(word, dimensions[d]) == 0 ? d : only;
        }
        if (only < 0) {
            json_error(out, "top takes hosts, upstreams, routes or clients, and a number");
            return BAD;
        }
    }
    if (take_word(&rest, number) &&
        (!span_to_u64(span_of(number), &max) || max == 0 || max > TOP_NAMES)) {
        json_error(out, "the number of names must be 1 to 1024");
        return BAD;
    }
    struct summaries m;
    summaries_make(s, SUMMARY_TOTAL, &m);
    json_top(out, m.summary.all, only, (size_t)max);
    buf_byte(out, '\n');
    summaries_done(&m);
    return OK;
}

/* From the dictionary alone. People who ask by a command line get text, programs JSON. */
static int answer_explain(const struct serve_request *r, struct buf *out)
{
    char code[WORD_BYTES], server_text[WORD_BYTES];
    struct span rest = r->args;
    enum server server = SERVER_UNKNOWN;
    take_word(&rest, code);
    uint16_t status = status_slot(span_of(code));
    size_t detail;
    if (status == STATUS_NONE && details_find(span_of(code), &detail)) {
        if (r->text) {
            report_explain_detail(out, detail, (struct report_style){.columns = 80});
        } else {
            json_explain_detail(out, detail);
            buf_byte(out, '\n');
        }
        return OK;
    }
    if (status == STATUS_NONE) {
        json_error(out, "explain takes a status code and perhaps the name of a server");
        return BAD;
    }
    if (take_word(&rest, server_text) && !server_find(span_of(server_text), &server)) {
        json_error(out, "no such server");
        return BAD;
    }
    if (r->text) {
        report_explain(out, status, server, SPAN(""), (struct report_style){.columns = 80});
    } else {
        json_explain(out, status, server, SPAN(""));
        buf_byte(out, '\n');
    }
    return OK;
}

/* silence RULE [SERIES] DURATION */
static int answer_silence(struct service *s, const struct serve_request *r, struct buf *out)
{
    char rule[WORD_BYTES], second[WORD_BYTES], third[WORD_BYTES];
    struct span rest = r->args;
    int64_t ms = 0, now = clock_wall_ms() / 1000;
    if (!r->owner) {
        json_error(out, "only root or the daemon's own user may do that");
        return FORBIDDEN;
    }
    bool has_rule = take_word(&rest, rule), has_second = take_word(&rest, second);
    bool has_series = take_word(&rest, third);
    if (!has_rule || !has_second || !config_duration(span_of(has_series ? third : second), &ms)) {
        json_error(out,
                   "silence takes a rule, perhaps a source or host, and a duration such as 1h");
        return BAD;
    }
    if (!alert_set_silence(s->pipeline.alerts, rule, has_series ? second : NULL, now + ms / 1000,
                           now)) {
        json_error(out, "no such rule");
        return NOT_FOUND;
    }
    buf_printf(out, "{\"silenced\":true,\"seconds\":%lld}\n", (long long)(ms / 1000));
    return OK;
}

/* The answer says where the mistake is: whoever asks may not be able to read the journal. */
static int answer_reload(struct service *s, const struct serve_request *r, struct buf *out)
{
    struct problem why = {0};
    if (!r->owner) {
        json_error(out, "only root or the daemon's own user may do that");
        return FORBIDDEN;
    }
    if (service_reload(s, &why)) {
        char text[sizeof(why.file) + sizeof(why.text) + 32];
        snprintf(text, sizeof(text), "%s:%d:%d: %s", why.file, why.line, why.column, why.text);
        json_error(out, text);
        return BAD;
    }
    buf_text(out, "{\"reloaded\":true}\n");
    return OK;
}

/* The result is a status of HTTP, also for the command line, where socket.c turns it into words.
 * The daemon's loop waits meanwhile, so nothing here may block. */
int answer_request(const struct serve_request *request, struct buf *out, void *ctx)
{
    struct service *s = ctx;
    switch (request->topic) {
    case SERVE_SUMMARY: return answer_summary(s, request, out);
    case SERVE_METRICS: return answer_metrics(s, request, out);
    case SERVE_ALERTS:
        summaries_fold(s);
        json_alerts(out, s->pipeline.alerts);
        buf_byte(out, '\n');
        return OK;
    case SERVE_HISTORY: return answer_history(s, request, out);
    case SERVE_SOURCES: return answer_sources(s, out);
    case SERVE_HEALTH: return answer_health(s, request, out);
    case SERVE_TOP: return answer_top(s, request, out);
    case SERVE_EXPLAIN: return answer_explain(request, out);
    case SERVE_SILENCE: return answer_silence(s, request, out);
    case SERVE_RELOAD: return answer_reload(s, request, out);
    case SERVE_TOPICS: break;
    }
    return NOT_FOUND;
}
