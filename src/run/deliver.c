/*
 * Alerts on their way to people: a line where summaries go, the journal, webhooks, programs. An
 * alert that an old part of a log raises is told only when it still holds once everything was read.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "output/alertmanager.h"
#include "output/json.h"
#include "output/mail.h"
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

/* Does it wait until all is read, or the group that it is told with? */
static bool is_deferred(const struct service *s, const struct alert *a)
{
    return find_deferred(s, a->group[0] ? a->group : a->id) < s->n_deferred;
}

/* All that Alertmanager is to hear of now; false when there is nothing. */
static bool write_state(const struct service *s, int64_t now_s, struct buf *out)
{
    bool has_any = false;
    buf_byte(out, '[');
    for (size_t i = 0; i < alert_set_count(s->pipeline.alerts); i++) {
        const struct alert *a = alert_set_at(s->pipeline.alerts, i);
        if (alertmanager_wants(a, now_s) && !is_deferred(s, a)) {
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
    uint64_t changes = alert_set_changes(s->pipeline.alerts);
    bool has_one = false;
    is_news = is_news || changes != s->state_changes; /* parts of groups are told to nobody else */
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
    s->state_changes = changes;
    buf_done(&body);
}

/* teapotd.alert/1, and in the same object what Alertmanager's webhooks send. */
static void write_generic(const struct hook *hook, const struct alert *a, struct buf *out)
{
    json_alert(out, a);
    out->len--;
    alertmanager_payload(out, a, hook->name);
    members_close(out, '}');
}

static void write_text(const struct service *s, const struct hook *hook, const struct alert *a,
                       struct buf *out)
{
    switch (hook->style) {
    case NOTIFY_SLACK: slack_alert(out, a); return;
    case NOTIFY_MAIL: mail_alert(out, a, (const char *const *)hook->mail, s->host); return;
    case NOTIFY_GENERIC:
    case NOTIFY_EXEC: write_generic(hook, a, out); return;
    case NOTIFY_ALERTMANAGER: return;
    }
}

void deliver_send(const struct hook *hook, struct span text)
{
    if (hook->webhook) {
        webhook_send(hook->webhook, text);
    } else {
        program_send(hook->program, text);
    }
}

const struct outbox *deliver_outbox(const struct hook *hook)
{
    return hook->webhook ? webhook_outbox(hook->webhook) : program_outbox(hook->program);
}

static void tell_hook(const struct service *s, const struct hook *hook, const struct alert *a)
{
    if (hook->style != NOTIFY_ALERTMANAGER) {
        struct buf text = {0};
        write_text(s, hook, a, &text);
        deliver_send(hook, buf_span(&text));
        buf_done(&text);
    }
}

/* Each hook has a queue of its own, so that one that is slow holds up none of the others. */
static void tell(struct service *s, const struct alert *a)
{
    if (s->to_journal) {
        systemd_log_alert(a);
    }
    for (size_t i = 0; i < s->n_hooks; i++) {
        tell_hook(s, &s->hooks[i], a);
    }
    deliver_state(s, true);
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
        if (alert_is_open(a) && is_deferred(s, a)) {
            struct alert told;
            alert_set_describe(s->pipeline.alerts, a, &told);
            tell(s, &told);
        }
    }
    s->n_deferred = 0;
}

/* How many times of so many seconds have passed since the alert fired. */
static int64_t times_passed(const struct alert *a, int repeat_s, int64_t second)
{
    return second < a->at ? 0 : (second - a->at) / repeat_s;
}

/* Whole times since it fired, and not since it was told: so nothing has to be remembered over a
 * restart, and none repeats an alert too early. A time that passes while the daemon is down is left
 * out. Returns which one is due; 0: none. */
static unsigned due(const struct service *s, const struct alert *a, int repeat_s, int64_t now_s)
{
    if (repeat_s == 0 || s->repeated_s == 0) {
        return 0;
    }
    int64_t n = times_passed(a, repeat_s, now_s);
    return n > times_passed(a, repeat_s, s->repeated_s) ? (unsigned)n : 0;
}

/* Which repeat of an alert is due to the journal; 0: none. */
static unsigned due_to_journal(const struct service *s, const struct alert *a, int64_t now_s)
{
    return s->to_journal ? due(s, a, s->journal_repeat_s, now_s) : 0;
}

/* Is any repeat of it due? That is seldom, and it is asked every second. */
static bool is_due(const struct service *s, const struct alert *a, int64_t now_s)
{
    bool is_one = due_to_journal(s, a, now_s) > 0;
    for (size_t i = 0; i < s->n_hooks; i++) {
        is_one = is_one || due(s, a, s->hooks[i].repeat_s, now_s) > 0;
    }
    return is_one;
}

static void repeat(struct service *s, const struct alert *a, int64_t now_s)
{
    struct alert again;
    alert_set_describe(s->pipeline.alerts, a, &again);
    again.repeats = due_to_journal(s, a, now_s);
    if (again.repeats) {
        systemd_log_alert(&again);
    }
    for (size_t i = 0; i < s->n_hooks; i++) {
        again.repeats = due(s, a, s->hooks[i].repeat_s, now_s);
        if (again.repeats) {
            tell_hook(s, &s->hooks[i], &again);
        }
    }
}

void deliver_repeats(struct service *s)
{
    int64_t now_s = clock_wall_ms() / 1000;
    for (size_t i = 0; i < alert_set_count(s->pipeline.alerts); i++) {
        const struct alert *a = alert_set_at(s->pipeline.alerts, i);
        if (!a->silenced && alert_is_open(a) && !is_deferred(s, a) && is_due(s, a, now_s)) {
            repeat(s, a, now_s);
        }
    }
    s->repeated_s = now_s;
}

/* "exec /path arg" is no URL, so ways of different kinds have different keys. */
static char *key_of(const char *kind, char *const *words)
{
    struct buf key = {0};
    buf_text(&key, kind);
    for (size_t i = 0; words[i]; i++) {
        buf_printf(&key, "\n%s", words[i]);
    }
    char *text = alloc_text(buf_span(&key));
    buf_done(&key);
    return text;
}

/* Another token makes another way of it; it does not go into the store by itself. */
static char *key_of_webhook(const struct config_notify *n)
{
    return n->token ? alloc_printf("%s\n%016llx", n->webhook,
                                   (unsigned long long)span_hash(span_of(n->token)))
                    : alloc_text(span_of(n->webhook));
}

/* The ways that a section names, as hooks that are not started; how many. */
static size_t ways_of(const struct config_notify *n, struct hook out[3])
{
    size_t k = 0;
    if (n->webhook) {
        out[k++] = (struct hook){.key = key_of_webhook(n), .style = n->style};
    }
    if (n->exec) {
        out[k++] = (struct hook){.key = key_of("exec", n->exec), .style = NOTIFY_EXEC};
    }
    if (n->mail) {
        out[k++] = (struct hook){.key = key_of("mail", n->mail), .style = NOTIFY_MAIL};
    }
    return k;
}

static bool is_same(const struct hook *a, const struct hook *b)
{
    return a->style == b->style && strcmp(a->key, b->key) == 0;
}

static bool is_wanted(const struct config *c, const struct hook *hook)
{
    bool is_there = false;
    for (size_t i = 0; i < c->n_notifies; i++) {
        struct hook ways[3];
        for (size_t k = ways_of(&c->notifies[i], ways); k-- > 0;) {
            is_there = is_there || is_same(&ways[k], hook);
            free(ways[k].key);
        }
    }
    return is_there;
}

static struct hook *running(struct service *s, const struct hook *hook)
{
    for (size_t i = 0; i < s->n_hooks; i++) {
        if (is_same(&s->hooks[i], hook)) {
            return &s->hooks[i];
        }
    }
    return NULL;
}

static void start_webhook(const struct service *s, const struct config_notify *n, struct hook *hook)
{
    bool is_api = n->style == NOTIFY_ALERTMANAGER;
    char *url = is_api ? alertmanager_url(n->webhook) : alloc_text(span_of(n->webhook));
    hook->webhook = webhook_start(s->loop, n->name, url, n->token);
    free(url);
    if (!hook->webhook) {
        diag_say(DIAG_ERROR, "notify \"%s\": can't start a webhook; is libcurl installed?",
                 n->name);
    }
}

/* "-i": a dot alone in a line is no end. Where sendmail is, all systems agree (FHS 3.0, 4.9.2). */
static void start_mail(const struct service *s, const struct config_notify *n, struct hook *hook)
{
    char **argv = NULL;
    settings_add_text(&argv, SPAN("/usr/sbin/sendmail"));
    settings_add_text(&argv, SPAN("-i"));
    settings_add_text(&argv, SPAN("--"));
    for (size_t i = 0; n->mail[i]; i++) {
        settings_add_text(&argv, span_of(n->mail[i]));
        settings_add_text(&hook->mail, span_of(n->mail[i]));
    }
    hook->program = program_start(s->loop, n->name, (const char *const *)argv);
    settings_free_list(argv);
}

/* Takes over the hook, which is not started yet. */
static void start_hook(struct service *s, const struct config_notify *n, struct hook *hook)
{
    switch (hook->style) {
    case NOTIFY_EXEC:
        hook->program = program_start(s->loop, n->name, (const char *const *)n->exec);
        break;
    case NOTIFY_MAIL: start_mail(s, n, hook); break;
    case NOTIFY_GENERIC:
    case NOTIFY_ALERTMANAGER:
    case NOTIFY_SLACK: start_webhook(s, n, hook); break;
    }
    if (!hook->webhook && !hook->program) {
        free(hook->key);
        return;
    }
    hook->name = alloc_text(span_of(n->name));
    hook->repeat_s = n->repeat_s;
    s->hooks[s->n_hooks++] = *hook;
    kept_send(s, hook);
}

/* What it had not sent is lost. The last hook takes its place, so walk backwards over the list. */
static void stop_hook(struct service *s, size_t at)
{
    struct hook *hook = &s->hooks[at];
    webhook_stop(hook->webhook);
    program_stop(hook->program);
    settings_free_list(hook->mail);
    free(hook->key);
    free(hook->name);
    *hook = s->hooks[--s->n_hooks];
}

/* A way that stays is kept over a reload, with its queue and the try that is under way. */
void deliver_configure(struct service *s)
{
    s->to_journal = false;
    s->journal_repeat_s = 0;
    for (size_t i = s->n_hooks; i-- > 0;) {
        if (!is_wanted(&s->config, &s->hooks[i])) {
            stop_hook(s, i);
        }
    }
    for (size_t i = 0; i < s->config.n_notifies; i++) {
        const struct config_notify *n = &s->config.notifies[i];
        struct hook ways[3];
        s->to_journal = s->to_journal || n->journal;
        s->journal_repeat_s = n->journal ? n->repeat_s : s->journal_repeat_s;
        for (size_t k = ways_of(n, ways); k-- > 0;) {
            struct hook *hook = running(s, &ways[k]);
            if (hook) {
                hook->repeat_s = n->repeat_s;
            }
            if (hook || s->n_hooks == SERVICE_HOOKS) {
                free(ways[k].key);
            } else {
                start_hook(s, n, &ways[k]);
            }
        }
    }
}

void deliver_stop(struct service *s)
{
    while (s->n_hooks) {
        stop_hook(s, s->n_hooks - 1);
    }
}
