#include "output/alertmanager.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "output/members.h"

#include <stdio.h>

bool alertmanager_wants(const struct alert *a, int64_t now_s)
{
    if (a->silenced || a->state == ALERT_PENDING) {
        return false;
    }
    return a->state == ALERT_FIRING || now_s - a->resolved_at < ALERTMANAGER_RESOLVED_S;
}

/* A label without a value is none. */
static void add_label(struct buf *out, const char *name, const char *value)
{
    if (value[0]) {
        members_text(out, name, span_of(value));
    }
}

static void add_time(struct buf *out, const char *member, int64_t second)
{
    char text[CLOCK_TEXT];
    members_word(out, member, clock_rfc3339(second * 1000, text));
}

/* "502 x 109, 504 x 53" */
static void add_codes(struct buf *out, const struct alert *a)
{
    struct buf text = {0};
    char word[STATUS_TEXT];
    for (uint32_t i = 0; i < a->n_codes; i++) {
        buf_printf(&text, "%s%s x %llu", i ? ", " : "", status_text(a->codes[i].status, word),
                   (unsigned long long)a->codes[i].count);
    }
    members_text(out, "codes", buf_span(&text));
    buf_done(&text);
}

/* "upstream 10.0.0.7:8080 (92 %), route /cart (71 %)" */
static void add_places(struct buf *out, const struct alert *a)
{
    struct buf text = {0};
    char percent[RULE_PERCENT];
    for (uint32_t i = 0; i < a->n_where; i++) {
        buf_printf(&text, "%s%s %s (%s)", i ? ", " : "", a->where[i].dimension, a->where[i].name,
                   rule_percent(a->where[i].share, percent));
    }
    if (text.len) {
        members_text(out, "where", buf_span(&text));
    }
    buf_done(&text);
}

/* Whose fault most of the errors are. */
static const char *main_blame(const struct alert *a)
{
    size_t most = 0;
    for (size_t i = 1; i < BLAMES; i++) {
        most = a->blame[i] > a->blame[most] ? i : most;
    }
    return blame_name((enum blame)most);
}

static void add_annotations(struct buf *out, const struct alert *a)
{
    char percent[RULE_PERCENT];
    members_open(out, "annotations", '{');
    members_text(out, "summary", span_of(a->summary));
    members_text(out, "description", span_of(a->evidence));
    add_codes(out, a);
    members_word(out, "blame", main_blame(a));
    add_places(out, a);
    members_word(out, "ratio", rule_percent(a->ratio, percent));
    if (a->baseline >= 0) {
        members_word(out, "usual", rule_percent(a->baseline, percent));
    }
    if (a->n_samples) {
        members_text(out, "sample", span_of(a->samples[0]));
    }
    members_text(out, "id", span_of(a->id));
    members_close(out, '}');
}

void alertmanager_add(struct buf *out, const struct alert *a, int64_t now_s)
{
    members_open(out, NULL, '{');
    members_open(out, "labels", '{');
    add_label(out, "alertname", a->rule);
    members_word(out, "severity", rule_severity_name(a->severity));
    add_label(out, "source", a->source);
    add_label(out, "host", a->host);
    members_close(out, '}');
    add_annotations(out, a);
    add_time(out, "startsAt", a->since);
    add_time(out, "endsAt",
             a->state == ALERT_FIRING ? now_s + ALERTMANAGER_ENDS_S : a->resolved_at);
    members_close(out, '}');
}

char *alertmanager_url(const char *url)
{
    struct span text = span_of(url);
    struct span rest = text;
    while (rest.len && !span_starts(rest, SPAN("://"))) {
        rest = span_after(rest, 1);
    }
    rest = span_after(rest, strlen("://"));
    struct span path = span_after(rest, span_find(rest, '/'));
    if (path.len > 1) {
        return alloc_text(text);
    }
    return alloc_printf("%.*s/api/v2/alerts", (int)(text.len - path.len), url);
}
