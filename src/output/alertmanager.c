#include "output/alertmanager.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "output/members.h"
#include "output/wording.h"

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

/* Without anything in it there is no such annotation. */
static void add_words(struct buf *out, const char *name, const struct alert *a,
                      void (*words)(struct buf *out, const struct alert *a))
{
    struct buf text = {0};
    words(&text, a);
    if (text.len) {
        members_text(out, name, buf_span(&text));
    }
    buf_done(&text);
}

static void add_annotations(struct buf *out, const char *member, const struct alert *a)
{
    char percent[RULE_PERCENT];
    members_open(out, member, '{');
    members_text(out, "summary", span_of(a->summary));
    members_text(out, "description", span_of(a->evidence));
    add_words(out, "codes", a, wording_codes);
    members_word(out, "blame", wording_blame(a));
    add_words(out, "where", a, wording_places);
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

static void add_labels(struct buf *out, const char *member, const struct alert *a)
{
    members_open(out, member, '{');
    add_label(out, "alertname", a->rule);
    members_word(out, "severity", rule_severity_name(a->severity));
    add_label(out, "source", a->source);
    add_label(out, "host", a->host);
    add_label(out, "route", a->route);
    add_label(out, "upstream", a->upstream);
    members_close(out, '}');
}

void alertmanager_add(struct buf *out, const struct alert *a, int64_t now_s)
{
    members_open(out, NULL, '{');
    add_labels(out, "labels", a);
    add_annotations(out, "annotations", a);
    add_time(out, "startsAt", a->since);
    add_time(out, "endsAt",
             a->state == ALERT_FIRING ? now_s + ALERTMANAGER_ENDS_S : a->resolved_at);
    members_close(out, '}');
}

/* An end that is not known is Go's zero time, as Alertmanager writes it. */
static void add_received(struct buf *out, const struct alert *a)
{
    members_open(out, NULL, '{');
    members_word(out, "status", alert_state_name(a->state));
    add_labels(out, "labels", a);
    add_annotations(out, "annotations", a);
    add_time(out, "startsAt", a->since);
    if (a->state == ALERT_RESOLVED) {
        add_time(out, "endsAt", a->resolved_at);
    } else {
        members_word(out, "endsAt", "0001-01-01T00:00:00Z");
    }
    members_word(out, "generatorURL", "");
    members_text(out, "fingerprint", span_of(a->id));
    members_close(out, '}');
}

void alertmanager_payload(struct buf *out, const struct alert *a, const char *receiver)
{
    members_word(out, "version", "4");
    members_text(out, "groupKey", span_of(a->id));
    members_number(out, "truncatedAlerts", 0);
    members_word(out, "status", alert_state_name(a->state));
    members_text(out, "receiver", span_of(receiver));
    add_labels(out, "groupLabels", a);
    add_labels(out, "commonLabels", a);
    add_annotations(out, "commonAnnotations", a);
    members_word(out, "externalURL", "");
    members_open(out, "alerts", '[');
    add_received(out, a);
    members_close(out, ']');
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
