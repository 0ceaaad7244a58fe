/*
 * Alerts on their way to people: a line where summaries go, the journal, webhooks. An alert that an
 * old part of a log raises is told only when it still holds once everything was read.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "output/json.h"
#include "output/report.h"
#include "run/service.h"
#include "run/systemd.h"
#include "run/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each webhook has a queue of its own, so that one that is slow holds up none of the others. */
static void tell(struct service *s, const struct alert *a)
{
    struct buf json = {0};
    json_alert(&json, a);
    if (s->to_journal) {
        systemd_log_alert(a);
    }
    for (size_t i = 0; i < s->n_hooks; i++) {
        webhook_send(s->hooks[i].webhook, buf_span(&json));
    }
    buf_done(&json);
    if (!s->to_journal && s->config_file) { /* in follow mode the line says it */
        diag_say(DIAG_WARNING, "%s: %s", alert_state_name(a->state), a->summary);
    }
}

/* The number of deferred ones when this is not among them. */
static size_t find_deferred(const struct service *s, const char *id)
{
    size_t i = 0;
    while (i < s->n_deferred && strcmp(s->deferred[i], id) != 0) {
        i++;
    }
    return i;
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

static bool is_wanted(const struct config *c, const char *url)
{
    for (size_t i = 0; i < c->n_notifies; i++) {
        if (c->notifies[i].webhook && strcmp(c->notifies[i].webhook, url) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_running(const struct service *s, const char *url)
{
    for (size_t i = 0; i < s->n_hooks; i++) {
        if (strcmp(s->hooks[i].url, url) == 0) {
            return true;
        }
    }
    return false;
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
        if (!is_wanted(&s->config, s->hooks[i].url)) {
            stop_hook(s, i);
        }
    }
    for (size_t i = 0; i < s->config.n_notifies; i++) {
        const struct config_notify *n = &s->config.notifies[i];
        s->to_journal = s->to_journal || n->journal;
        if (!n->webhook || is_running(s, n->webhook) || s->n_hooks == SERVICE_HOOKS) {
            continue;
        }
        struct webhook *hook = webhook_start(s->loop, n->webhook);
        if (!hook) {
            diag_say(DIAG_ERROR, "can't start a webhook to %s; is libcurl installed?", n->webhook);
            continue;
        }
        s->hooks[s->n_hooks++] = (struct hook){alloc_text(span_of(n->webhook)), hook};
        kept_send(s, &s->hooks[s->n_hooks - 1]);
    }
}

void deliver_stop(struct service *s)
{
    while (s->n_hooks) {
        stop_hook(s, s->n_hooks - 1);
    }
}
