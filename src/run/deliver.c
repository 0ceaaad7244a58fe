/*
 * Alerts on their way to people: a line where summaries go, the journal, webhooks. An alert that an
 * old part of a log raises is told only when it still holds once everything was read.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "output/alertmanager.h"
#include "output/json.h"
#include "output/members.h"
#include "output/report.h"
#include "output/slack.h"
#include "run/service.h"
#include "run/systemd.h"
#include "run/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number of deferred ones when this is not among them. */
static size_t find_deferred(const struct service *s, const char *id)
{
    size_t i = 0;
    while (i < s->n_deferred && strcmp(s->deferred[i], id) != 0) {
        i++;
    }
    return i;
}

/* All that Alertmanager is to hear of now; false when there is nothing. */
static bool write_state(const struct service *s, int64_t now_s, struct buf *out)
{
    bool has_any = false;
    buf_byte(out, '[');
    for (size_t i = 0; i < alert_set_count(s->pipeline.alerts); i++) {
        const struct alert *a = alert_set_at(s->pipeline.alerts, i);
        if (alertmanager_wants(a, now_s) && find_deferred(s, a->id) == s->n_deferred) {
            alertmanager_add(out, a, now_s);
            has_any = true;
        }
    }
    members_close(out, ']');
    return has_any;
}

void deliver_state(struct service *s, bool is_news)
{
    int64_t now_s = clock_wall_ms() / 1000;
    bool has_one = false;
    for (size_t i = 0; i < s->n_hooks; i++) {
        has_one = has_one || s->hooks[i].style == NOTIFY_ALERTMANAGER;
    }
    if (!has_one || (!is_news && now_s - s->state_told_s < ALERTMANAGER_EVERY_S)) {
        return;
    }
    struct buf body = {0};
    bool has_any = write_state(s, now_s, &body);
    for (size_t i = 0; i < s->n_hooks && has_any; i++) {
        if (s->hooks[i].style == NOTIFY_ALERTMANAGER) {
            webhook_send_only(s->hooks[i].webhook, buf_span(&body));
        }
    }
    s->state_told_s = now_s;
    buf_done(&body);
}

/* Each webhook has a queue of its own, so that one that is slow holds up none of the others. */
static void tell(struct service *s, const struct alert *a)
{
    struct buf json = {0}, slack = {0};
    json_alert(&json, a);
    if (s->to_journal) {
        systemd_log_alert(a);
    }
    slack_alert(&slack, a);
    for (size_t i = 0; i < s->n_hooks; i++) {
        if (s->hooks[i].style != NOTIFY_ALERTMANAGER) {
            bool is_slack = s->hooks[i].style == NOTIFY_SLACK;
            webhook_send(s->hooks[i].webhook, buf_span(is_slack ? &slack : &json));
        }
    }
    deliver_state(s, true);
    buf_done(&json);
    buf_done(&slack);
    if (!s->to_journal && s->config_file) { /* in follow mode the line says it */
        diag_say(DIAG_WARNING, "%s: %s", alert_state_name(a->state), a->summary);
    }
}

/* Was it about something that is long over, or may be? Then it waits, or is only recorded. */
static bool is_held_back(struct service *s, const struct alert *a)
{
    int64_t now_s = clock_wall_ms() / 1000;
    size_t at = find_deferred(s, a->id);
    bool waits = at < s->n_deferred;
    if (a->state == ALERT_RESOLVED) {
        if (waits) {
            memcpy(s->deferred[at], s->deferred[--s->n_deferred], sizeof(s->deferred[at]));
        }
        return waits || now_s - a->resolved_at > SERVICE_OLD_S;
    }
    if (!waits && now_s - a->at > SERVICE_OLD_S && s->n_deferred < SERVICE_DEFERRED) {
        memcpy(s->deferred[s->n_deferred++], a->id, sizeof(a->id));
        return true;
    }
    return waits;
}

/* The line is written in any case: the record is complete, whatever people are told. */
void deliver_alert(const struct alert *a, void *ctx)
{
    struct service *s = ctx;
    s->alerted = true;
    s->n_told++;
    struct buf line = {0};
    if (s->as_text) {
        report_alert(&line, a, terminal_style());
    } else {
        json_alert(&line, a);
    }
    summaries_write(s, buf_span(&line));
    buf_done(&line);
    if (!is_held_back(s, a)) {
        tell(s, a);
    }
}

/* Waits for the last source to catch up, since an end of the alert may stand in any of them. */
void deliver_deferred(struct service *s)
{
    if (s->n_deferred == 0) {
        return;
    }
    for (size_t i = 0; i < s->n_found; i++) {
        if (!s->found[i]->is_caught_up) {
            return;
        }
    }
    for (size_t i = 0; i < alert_set_count(s->pipeline.alerts); i++) {
        const struct alert *a = alert_set_at(s->pipeline.alerts, i);
        if (a->state == ALERT_FIRING && find_deferred(s, a->id) < s->n_deferred) {
            tell(s, a);
        }
    }
    s->n_deferred = 0;
}

static bool is_for(const struct hook *hook, const struct config_notify *n)
{
    return n->webhook && strcmp(n->webhook, hook->url) == 0 && n->style == hook->style;
}

static bool is_wanted(const struct config *c, const struct hook *hook)
{
    for (size_t i = 0; i < c->n_notifies; i++) {
        if (is_for(hook, &c->notifies[i])) {
            return true;
        }
    }
    return false;
}

static bool is_running(const struct service *s, const struct config_notify *n)
{
    for (size_t i = 0; i < s->n_hooks; i++) {
        if (is_for(&s->hooks[i], n)) {
            return true;
        }
    }
    return false;
}

static struct webhook *start_hook(const struct service *s, const struct config_notify *n)
{
    bool is_api = n->style == NOTIFY_ALERTMANAGER;
    char *url = is_api ? alertmanager_url(n->webhook) : alloc_text(span_of(n->webhook));
    struct webhook *hook = webhook_start(s->loop, url);
    free(url);
    return hook;
}

/* What it had not sent is lost. The last hook takes its place, so walk backwards over the list. */
static void stop_hook(struct service *s, size_t at)
{
    webhook_stop(s->hooks[at].webhook);
    free(s->hooks[at].url);
    s->hooks[at] = s->hooks[--s->n_hooks];
}

/* A webhook whose address stays is kept over a reload, with its queue and the try that is under
 * way. */
void deliver_configure(struct service *s)
{
    s->to_journal = false;
    for (size_t i = s->n_hooks; i-- > 0;) {
        if (!is_wanted(&s->config, &s->hooks[i])) {
            stop_hook(s, i);
        }
    }
    for (size_t i = 0; i < s->config.n_notifies; i++) {
        const struct config_notify *n = &s->config.notifies[i];
        s->to_journal = s->to_journal || n->journal;
        if (!n->webhook || is_running(s, n) || s->n_hooks == SERVICE_HOOKS) {
            continue;
        }
        struct webhook *hook = start_hook(s, n);
        if (!hook) {
            diag_say(DIAG_ERROR, "can't start a webhook to %s; is libcurl installed?", n->webhook);
            continue;
        }
        s->hooks[s->n_hooks++] = (struct hook){alloc_text(span_of(n->webhook)), n->style, hook};
        kept_send(s, &s->hooks[s->n_hooks - 1]);
    }
}

void deliver_stop(struct service *s)
{
    while (s->n_hooks) {
        stop_hook(s, s->n_hooks - 1);
    }
}
