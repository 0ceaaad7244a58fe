/*
 * What stands in each kind of section. A setting is added in the table at the end, in the function
 * that takes its section, in teapotd.conf(5) and in conf/.
 */
#include "config/kinds.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/choice.h"
#include "config/kinds_maintenance.h"
#include "config/value.h"
#include "format/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SECRET_BYTES = 4096,
};

/* The formats are only tried here: the source keeps their text, and opens them for each file anew.
 */
static int take_format(const struct stanza *s, struct config_source *source)
{
    struct stanza_setting setting = stanza_get(s, "format");
    struct buf all = {0};
    int bad = 0;
    for (size_t i = 0; i < setting.n_values && !bad; i++) {
        struct format format = {0};
        buf_text(&all, i ? "\n" : "");
        buf_text(&all, setting.values[i]);
        bad = format_read(&format, buf_span(&all), s->file->why);
        if (bad) {
            bad = stanza_refuse(s, "format", i);
        } else {
            format_done(&format);
        }
    }
    buf_byte(&all, '\0');
    if (!bad && setting.n_values) {
        settings_replace(&source->format, all.data);
    }
    buf_done(&all);
    return bad;
}

/* Whether the vendor is one is not known here: the dictionary is no business of this folder. */
static int take_source(const struct stanza *s, struct config *c)
{
    static const char *const starts[] = {"begin", "end", NULL};
    struct config_source *source = settings_add_source(c);
    int start = 0;
    if (stanza_name(s, source->name, sizeof(source->name)) ||
        stanza_list(s, "path", &source->paths) ||
        stanza_list(s, "exclude_path", &source->exclude) ||
        stanza_list(s, "rotated", &source->rotated) || take_format(s, source) ||
        stanza_take(s, "vendor", &source->vendor) || stanza_choice(s, "start", starts, &start)) {
        return -EINVAL;
    }
    source->from_end = start == 1;
    if (!source->paths[0]) {
        problem_set(s->file->why, "source \"%s\" has no path", source->name);
        return stanza_refuse(s, NULL, 0);
    }
    return 0;
}

static int take_summary(const struct stanza *s, struct config *c)
{
    static const char *const words[] = {"stdout", "journal", "none", NULL};
    static const struct stanza_bounds bounds = {0, 86400000, 1000, "whole seconds up to one day"};
    if (stanza_duration(s, "every", bounds, &c->every_s) || stanza_take(s, "to", &c->summary_to)) {
        return -EINVAL;
    }
    /* A path must show that it is one, or a slip in "stdout" would make a file of that name. */
    if (!strchr(c->summary_to, '/') &&
        choice_find(span_of(c->summary_to), words, "destination", s->file->why) < 0) {
        return stanza_refuse(s, "to", 0);
    }
    return 0;
}

/* "all" has no bit, so beside another word it does nothing. */
static int take_by(const struct stanza *s, struct rule *rule)
{
    static const char *const words[] = {"all", "source", "host", "route", "upstream", NULL};
    static const unsigned bits[] = {0, RULE_BY_SOURCE, RULE_BY_HOST, RULE_BY_ROUTE,
                                    RULE_BY_UPSTREAM};
    struct stanza_setting setting = stanza_get(s, "by");
    unsigned by = setting.n_values ? 0 : rule->by;
    for (size_t i = 0; i < setting.n_values; i++) {
        struct span word = span_of(setting.values[i]);
        int which = choice_find(word, words, "series", s->file->why);
        if (which < 0) {
            return stanza_refuse(s, "by", i);
        }
        by |= bits[which];
    }
    rule->by = by;
    return 0;
}

static int take_on(const struct stanza *s, struct rule *rule)
{
    struct stanza_setting setting = stanza_get(s, "on");
    if (setting.n_values) {
        rule->on = (struct rule_on){0};
    }
    for (size_t i = 0; i < setting.n_values; i++) {
        if (on_add(&rule->on, span_of(setting.values[i]), s->file->why)) {
            return stanza_refuse(s, "on", i);
        }
    }
    return 0;
}

/* A limit without its clear value keeps the preset's proportion, so that one figure is enough. */
static int take_limit(const struct stanza *s, const char *key, double *limit, double *clear)
{
    char clear_key[32];
    snprintf(clear_key, sizeof(clear_key), "%s_clear", key);
    double share = *limit > 0 ? *clear / *limit : 1;
    if (stanza_ratio(s, key, limit)) {
        return -EINVAL;
    }
    if (stanza_text(s, key)) {
        *clear = *limit * share;
    }
    return stanza_ratio(s, clear_key, clear);
}

/* The preset comes first, so that every other setting of the section may override it. */
static int take_preset(const struct stanza *s, struct rule *rule)
{
    const char *text = stanza_text(s, "preset");
    if (!text) {
        text = stanza_text(s, "false_alarms") ? "spike"
               : stanza_text(s, "objective")  ? "sre"
                                              : "netdata";
    }
    if (strcmp(text, "none") == 0 || rule_preset(rule, span_of(text))) {
        return 0;
    }
    choice_unknown(span_of(text), rule_presets(), "preset", s->file->why);
    return stanza_refuse(s, "preset", 0);
}

/* A rule that finds its limits itself takes none of `settings`. */
static int refuse_settings(const struct stanza *s, const char *rule, const char *const *settings)
{
    for (size_t i = 0; settings[i]; i++) {
        if (stanza_text(s, settings[i])) {
            problem_set(s->file->why, "a %s rule finds its limits itself: it has no %s", rule,
                        settings[i]);
            return stanza_refuse(s, settings[i], 0);
        }
    }
    return 0;
}

static int refuse_limits(const struct stanza *s, const struct rule *rule)
{
    static const char *const settings[] = {"min_requests",  "for",      "clear_for",      "warning",
                                           "warning_clear", "critical", "critical_clear", NULL};
    switch (rule->kind) {
    case RULE_THRESHOLD: return 0;
    case RULE_SPIKE: return refuse_settings(s, "spike", settings);
    case RULE_BURN: return refuse_settings(s, "burn rate", settings + 3);
    case RULE_FIRST: return refuse_settings(s, "first sight", settings);
    case RULE_GONE:
    case RULE_SILENT: break;
    }
    if (stanza_text(s, "on")) {
        problem_set(s->file->why, "a rule for missing requests watches all of them: it has no on");
        return stanza_refuse(s, "on", 0);
    }
    return rule->kind == RULE_GONE ? refuse_settings(s, "traffic", settings)
                                   : refuse_settings(s, "silence", settings + 3);
}

/* "99.9", "99.9%" and "0.999" are the same: an objective is never below 1 %. */
static int take_objective(const struct stanza *s, struct rule *rule)
{
    const char *text = stanza_text(s, "objective");
    if (!text) {
        return 0;
    }
    struct span word = span_of(text);
    bool is_percent = !span_starts(word, SPAN("0.")) && word.len && word.ptr[word.len - 1] != '%';
    char *percent = alloc_printf("%s%%", text);
    bool is_sane = value_ratio(is_percent ? span_of(percent) : word, &rule->objective);
    bool is_slo = stanza_text(s, "preset") == NULL || strcmp(stanza_text(s, "preset"), "sre") == 0;
    free(percent);
    if (!is_slo || !is_sane || rule->objective < 0.9 || rule->objective >= 1) {
        problem_set(s->file->why, is_slo ? "objective must be from 90 to below 100, like 99.9"
                                         : "only preset = sre has an objective");
        return stanza_refuse(s, "objective", 0);
    }
    return 0;
}

/* "1 per 30d": how many, and in which time. */
static int take_false_alarms(const struct stanza *s, struct rule *rule)
{
    const char *text = stanza_text(s, "false_alarms");
    if (!text) {
        return 0;
    }
    struct span rest = span_of(text);
    size_t n = span_find(rest, ' ');
    uint64_t times = 0;
    int64_t ms = 0;
    bool is_sane = span_to_u64(span_head(rest, n), &times) && times > 0 && times <= 1000000 &&
                   span_starts(span_after(rest, n), SPAN(" per ")) &&
                   value_duration(span_after(rest, n + 5), &ms);
    bool has_them = rule->kind == RULE_SPIKE || rule->kind == RULE_GONE;
    if (!has_them || !is_sane) {
        problem_set(s->file->why, is_sane ? "only preset = spike and gone have false_alarms"
                                          : "false_alarms must be like \"1 per 30d\"");
        return stanza_refuse(s, "false_alarms", 0);
    }
    rule->false_alarm_s = ms / 1000 / (int64_t)times;
    if (rule->false_alarm_s < RULE_FALSE_ALARM_LEAST_S) {
        problem_set(s->file->why, "false_alarms must be at most \"1 per 1h\"");
        return stanza_refuse(s, "false_alarms", 0);
    }
    return 0;
}

/* What makes sense together is asked of rule_check, which knows all figures; here each is read
 * alone. */
static int take_figures(const struct stanza *s, struct rule *rule)
{
    static const struct stanza_bounds bounds = {0, 86400000, 1000, "whole seconds up to one day"};
    static const char *const samples[] = {"clean", "raw", "none", NULL};
    int how = (int)rule->samples;
    static const struct stanza_bounds days = {0, RULE_LEARN_MOST_S * 1000LL, 1000,
                                              "whole seconds up to 30 days"};
    if (stanza_text(s, "learn") && rule->kind != RULE_FIRST) {
        problem_set(s->file->why, "only preset = first has learn");
        return stanza_refuse(s, "learn", 0);
    }
    if (stanza_duration(s, "learn", days, &rule->learn_s) || take_on(s, rule) || take_by(s, rule) ||
        stanza_duration(s, "window", bounds, &rule->window_s) ||
        stanza_count(s, "min_requests", &rule->min_requests) ||
        take_limit(s, "warning", &rule->warning, &rule->warning_clear) ||
        take_limit(s, "critical", &rule->critical, &rule->critical_clear) ||
        stanza_duration(s, "for", bounds, &rule->for_s) ||
        stanza_duration(s, "clear_for", bounds, &rule->clear_for_s) ||
        stanza_duration(s, "group", bounds, &rule->group_s) ||
        stanza_choice(s, "samples", samples, &how)) {
        return -EINVAL;
    }
    rule->samples = (enum rule_samples)how;
    return 0;
}

/* A rule that is off is checked like any other, so that turning it on again holds no surprise. */
static int take_alert(const struct stanza *s, struct config *c)
{
    if (s->n == 0) {
        c->n_rules = 0; /* the default rule gives way */
    }
    struct rule *rule = settings_add_rule(c, "");
    bool off = false;
    rule->on.classes = ON_5XX; /* until a preset or `on` says otherwise */
    if (stanza_name(s, rule->name, sizeof(rule->name)) || take_preset(s, rule) ||
        take_false_alarms(s, rule) || take_objective(s, rule) || refuse_limits(s, rule) ||
        take_figures(s, rule) || stanza_switch(s, "off", &off)) {
        return -EINVAL;
    }
    if (rule_check(rule, s->file->why)) {
        return stanza_refuse(s, NULL, 0);
    }
    c->n_rules -= off;
    return 0;
}

/* A list that is there holds something. No shell looks for a program, so its path is whole. */
static int take_exec(const struct stanza *s, struct config_notify *notify)
{
    if (stanza_list(s, "exec", &notify->exec)) {
        return -EINVAL;
    }
    if (notify->exec && !notify->exec[0]) {
        settings_free_list(notify->exec);
        notify->exec = NULL;
    }
    if (notify->exec && notify->exec[0][0] != '/') {
        problem_set(s->file->why, "a program to run needs its whole path, like \"/usr/bin/%.*s\"",
                    CHOICE_SHOWN, notify->exec[0]);
        return stanza_refuse(s, "exec", 0);
    }
    return 0;
}

/* They become arguments of sendmail and a line of the message, where some characters would mean
 * something: what is refused here is never needed (RFC 5321, 4.1.2: the forms without quotes). */
static bool is_address(const char *text)
{
    size_t len = strlen(text);
    return len && len < 255 && text[0] != '-' &&
           text[strspn(
               text,
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.@[]:")] ==
               0;
}

static int take_mail(const struct stanza *s, struct config_notify *notify)
{
    if (stanza_list(s, "mail", &notify->mail)) {
        return -EINVAL;
    }
    for (size_t i = 0; notify->mail && notify->mail[i]; i++) {
        if (!is_address(notify->mail[i])) {
            problem_set(s->file->why, "\"%.*s\" is no mail address", CHOICE_SHOWN, notify->mail[i]);
            return stanza_refuse(s, "mail", i);
        }
    }
    if (notify->mail && !notify->mail[0]) {
        settings_free_list(notify->mail);
        notify->mail = NULL;
    }
    return 0;
}

/* A name without a folder is that of a credential of systemd's (systemd.exec(5), LoadCredential=).
 */
static char *credential_path(const char *name)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    bool is_credential = folder && !strchr(name, '/');
    return is_credential ? alloc_printf("%s/%s", folder, name) : alloc_text(span_of(name));
}

/* The first line of the file that a setting names. A secret in a file of its own keeps the
 * configuration readable for everyone. */
static int read_secret(const struct stanza *s, const char *key, char **secret)
{
    char bytes[SECRET_BYTES + 1];
    char *path = credential_path(stanza_text(s, key));
    /* A FIFO without a writer must not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (got < 0) {
        problem_set(s->file->why, "%s %.*s: %s", key, CHOICE_SHOWN, path, strerror(error));
    }
    free(path);
    if (got < 0) {
        return stanza_refuse(s, key, 0);
    }
    struct span text = {bytes, (size_t)got};
    text = span_head(text, span_find(text, '\n'));
    if (text.len && text.ptr[text.len - 1] == '\r') {
        text.len--;
    }
    free(*secret);
    *secret = alloc_text(span_trim(text));
    return 0;
}

/* A token goes into a header of HTTP, so it is visible ASCII. */
static bool is_token(const char *token)
{
    /* Blanks would be trimmed on the way, and other bytes are no header value (RFC 9110, 5.5). */
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++) {
        if (token[i] <= ' ' || token[i] > '~') {
            return false;
        }
    }
    return len > 0 && len <= SECRET_BYTES;
}

/* An address may be a secret as a whole, as those of chat rooms are. */
static int take_secrets(const struct stanza *s, struct config_notify *notify)
{
    if (stanza_text(s, "webhook_file")) {
        if (notify->webhook) {
            problem_set(s->file->why, "there is a webhook and a webhook_file; one is enough");
            return stanza_refuse(s, "webhook_file", 0);
        }
        if (read_secret(s, "webhook_file", &notify->webhook)) {
            return -EINVAL;
        }
        struct problem not_shown;
        if (value_url(span_of(notify->webhook), &not_shown)) {
            problem_set(s->file->why,
                        "the first line of that file is no http:// or https:// address");
            return stanza_refuse(s, "webhook_file", 0);
        }
    }
    if (!stanza_text(s, "token_file")) {
        return 0;
    }
    if (!notify->webhook) {
        problem_set(s->file->why, "a token is for a webhook, and there is none");
        return stanza_refuse(s, "token_file", 0);
    }
    if (read_secret(s, "token_file", &notify->token)) {
        return -EINVAL;
    }
    if (!is_token(notify->token)) {
        problem_set(s->file->why, "a token is 1 to %d visible ASCII characters", SECRET_BYTES);
        return stanza_refuse(s, "token_file", 0);
    }
    return 0;
}

/* A notify that tells nobody is surely a slip: an alert would get lost without a word. */
static int take_notify(const struct stanza *s, struct config *c)
{
    static const char *const styles[] = {"generic", "alertmanager", "slack", NULL};
    static const struct stanza_bounds repeats = {0, 30 * 86400000LL, 1000,
                                                 "whole seconds up to 30 days"};
    struct config_notify *notify = settings_add_notify(c);
    int style = 0;
    if (stanza_name(s, notify->name, sizeof(notify->name)) ||
        stanza_take(s, "webhook", &notify->webhook) || take_exec(s, notify) ||
        take_mail(s, notify) || stanza_switch(s, "journal", &notify->journal) ||
        stanza_choice(s, "style", styles, &style) ||
        stanza_duration(s, "repeat", repeats, &notify->repeat_s)) {
        return -EINVAL;
    }
    if (style == NOTIFY_ALERTMANAGER && notify->repeat_s) {
        problem_set(s->file->why, "Alertmanager repeats by itself: that style has no repeat");
        return stanza_refuse(s, "repeat", 0);
    }
    if (notify->webhook && value_url(span_of(notify->webhook), s->file->why)) {
        return stanza_refuse(s, "webhook", 0);
    }
    if (take_secrets(s, notify)) {
        return -EINVAL;
    }
    if (!notify->webhook && stanza_text(s, "style")) {
        problem_set(s->file->why, "style is how a webhook's body looks: there is no webhook");
        return stanza_refuse(s, "style", 0);
    }
    if (!notify->webhook && !notify->exec && !notify->mail && !notify->journal) {
        problem_set(s->file->why,
                    "notify \"%s\" tells nobody: it needs webhook, exec, mail or journal = true",
                    notify->name);
        return stanza_refuse(s, NULL, 0);
    }
    notify->style = (enum notify_style)style;
    return 0;
}

/* Two tokens would leave it open which one counts, and a wrong guess locks people out. */
static int take_token(const struct stanza *s, struct config *c)
{
    const char *path = stanza_text(s, "token_file");
    const char *key = path ? "token_file" : "token";
    if (path && stanza_text(s, "token")) {
        problem_set(s->file->why, "there is a token and a token_file; one is enough");
        return stanza_refuse(s, key, 0);
    }
    if (stanza_take(s, "token", &c->token) || (path && read_secret(s, "token_file", &c->token))) {
        return -EINVAL;
    }
    if (c->token && !is_token(c->token)) {
        problem_set(s->file->why, "a token is 1 to %d visible ASCII characters", SECRET_BYTES);
        return stanza_refuse(s, key, 0);
    }
    return 0;
}

/* Comes after the token: only then is it known who may be let in. Everything that is counted is on
 * these sockets, so what other machines can reach needs a word from the person who set it up. */
static int check_listens(const struct stanza *s, const struct config *c)
{
    for (size_t i = 0; c->listens[i]; i++) {
        bool outside = false;
        if (value_listen(span_of(c->listens[i]), &outside, s->file->why)) {
            return stanza_refuse(s, "listen", i);
        }
        if (outside && !c->token && !c->insecure) {
            problem_set(s->file->why,
                        "\"%.*s\" can be reached from other machines: set a token, or insecure = "
                        "true",
                        CHOICE_SHOWN, c->listens[i]);
            return stanza_refuse(s, "listen", i);
        }
    }
    return 0;
}

static int take_stats(const struct stanza *s, struct config *c)
{
    if (stanza_list(s, "listen", &c->listens) || stanza_mode(s, "mode", &c->mode) ||
        stanza_take(s, "group", &c->group) || stanza_switch(s, "insecure", &c->insecure) ||
        take_token(s, c)) {
        return -EINVAL;
    }
    return check_listens(s, c);
}

/* A relative path is in the service manager's folder for us (systemd.exec(5), StateDirectory=). */
static void place_store(struct config *c)
{
    struct span folder = span_of(getenv("STATE_DIRECTORY"));
    folder = span_head(folder, span_find(folder, ':'));
    if (c->store_path[0] != '/' && folder.len) {
        char *whole = alloc_printf("%.*s/%s", (int)folder.len, folder.ptr, c->store_path);
        free(c->store_path);
        c->store_path = whole;
    }
}

static int take_store(const struct stanza *s, struct config *c)
{
    static const struct stanza_bounds bounds = {100, 3600000, 1, "from 100ms to 1h"};
    static const struct stanza_bounds keep = {0, 366 * 86400000LL, 1000,
                                              "whole seconds up to 366 days"};
    if (stanza_take(s, "path", &c->store_path) ||
        stanza_duration(s, "checkpoint_every", bounds, &c->checkpoint_every_ms) ||
        stanza_duration(s, "keep", keep, &c->history_s)) {
        return -EINVAL;
    }
    if (c->store_path) {
        place_store(c);
    }
    return 0;
}

int kinds_dimension(struct span word, unsigned *keep, struct problem *why)
{
    static const char *const words[] = {"host", "upstream", "route", "client", NULL};
    static const unsigned bits[] = {CONFIG_KEEP_HOST, CONFIG_KEEP_UPSTREAM, CONFIG_KEEP_ROUTE,
                                    CONFIG_KEEP_CLIENT};
    int which = choice_find(word, words, "dimension", why);
    if (which < 0) {
        return which;
    }
    *keep |= bits[which];
    return 0;
}

/* An empty list is a choice too: it keeps nothing, whereas no list keeps the default. */
static int take_top(const struct stanza *s, struct config *c)
{
    static const struct stanza_bounds bounds = {0, 3600000, 1, "at most 1h"};
    struct stanza_setting dimensions = stanza_get(s, "dimensions");
    unsigned keep = dimensions.values ? 0 : c->keep;
    for (size_t i = 0; i < dimensions.n_values; i++) {
        if (kinds_dimension(span_of(dimensions.values[i]), &keep, s->file->why)) {
            return stanza_refuse(s, "dimensions", i);
        }
    }
    c->keep = keep;
    return stanza_duration(s, "lateness", bounds, &c->lateness_ms);
}

/* Sections are taken in this order, not in that of the file. */
static const struct kind kinds[] = {
    {NULL, false, {{"dimensions", true}, {"lateness", false}}, take_top},
    {"source",
     true,
     {{"path", true},
      {"exclude_path", true},
      {"rotated", true},
      {"format", true},
      {"vendor", false},
      {"start", false}},
     take_source},
    {"summary", false, {{"every", false}, {"to", false}}, take_summary},
    {"alert",
     true,
     {{"preset", false},
      {"on", true},
      {"by", true},
      {"window", false},
      {"min_requests", false},
      {"warning", false},
      {"warning_clear", false},
      {"critical", false},
      {"critical_clear", false},
      {"for", false},
      {"clear_for", false},
      {"false_alarms", false},
      {"objective", false},
      {"learn", false},
      {"group", false},
      {"samples", false},
      {"off", false}},
     take_alert},
    {"maintenance", /* behind the rules that it names */
     true,
     {{"rule", true},
      {"series", true},
      {"days", true},
      {"from", false},
      {"to", false},
      {"zone", false}},
     kinds_maintenance},
    {"notify",
     true,
     {{"webhook", false},
      {"style", false},
      {"exec", true},
      {"mail", true},
      {"journal", false},
      {"repeat", false},
      {"webhook_file", false},
      {"token_file", false}},
     take_notify},
    {"stats",
     false,
     {{"listen", true},
      {"mode", false},
      {"group", false},
      {"token", false},
      {"token_file", false},
      {"insecure", false}},
     take_stats},
    {"store", false, {{"path", false}, {"checkpoint_every", false}, {"keep", false}}, take_store},
};

const struct kind *kinds_all(size_t *n)
{
    *n = sizeof(kinds) / sizeof(kinds[0]);
    return kinds;
}
