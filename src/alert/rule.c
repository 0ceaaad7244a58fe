/*
 * The figures of the presets, and what a rule may say.
 */
#include "alert/rule.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

struct preset {
    const char *name;
    struct rule rule;
};

static const struct preset presets[] = {
    /* netdata/netdata, src/health/health.d/web_log.conf, template web_log_1m_internal_errors: 5xx
     * above 2 % until back at 1 %, above 5 % until back at 2 %, over a minute with more than 120
     * requests. Its delays (up 2m, down 15m) belong to the sending of mails and are left out. */
    {"netdata",
     {.on = {.classes = ON_5XX},
      .window_s = 60,
      .min_requests = 120,
      .warning = 0.02,
      .warning_clear = 0.01,
      .critical = 0.05,
      .critical_clear = 0.02}},
    /* srerun/prometheus-alerts: rate of 5xx over a minute above 5 % of all, "for: 1m", severity
     * critical. Prometheus has no hysteresis, so it clears where it begins. */
    {"prometheus",
     {.on = {.classes = ON_5XX},
      .window_s = 60,
      .critical = 0.05,
      .critical_clear = 0.05,
      .for_s = 60}},
    /* Our own: a format that is not the right one any more reads next to nothing. */
    {"drift",
     {.on = {.classes = ON_UNPARSED},
      .window_s = 300,
      .min_requests = 20,
      .warning = 0.1,
      .warning_clear = 0.05,
      .critical = 0.5,
      .critical_clear = 0.2}},
    {"silent", {.kind = RULE_SILENT, .window_s = 600}},
    /* Our own: the window is how long further new codes are told with the first. */
    {"first",
     {.kind = RULE_FIRST,
      .on = {.classes = ON_5XX | ON_VENDOR},
      .window_s = 300,
      .learn_s = RULE_LEARN_S}},
    /* Our own (gone.c). */
    {"gone", {.kind = RULE_GONE, .window_s = 60, .false_alarm_s = RULE_FALSE_ALARM_S}},
    /* The Site Reliability Workbook, chapter 5 (slo.c has its rates and windows); the objective is
     * its example, the window what a diagnosis looks at. */
    {"sre", {.kind = RULE_BURN, .on = {.classes = ON_5XX}, .window_s = 300, .objective = 0.999}},
    /* Our own (spike.c); the window is what a diagnosis looks at. */
    {"spike",
     {.kind = RULE_SPIKE,
      .on = {.classes = ON_5XX},
      .window_s = 120,
      .false_alarm_s = RULE_FALSE_ALARM_S}},
};

static const char *const preset_names[] = {"netdata", "prometheus", "sre",   "drift", "silent",
                                           "first",   "gone",       "spike", NULL};

_Static_assert(sizeof preset_names / sizeof *preset_names == sizeof presets / sizeof *presets + 1,
               "every preset has its name in the list");

bool rule_preset(struct rule *rule, struct span preset)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (span_is(preset, presets[i].name)) {
            struct rule filled = presets[i].rule;
            memcpy(filled.name, rule->name, sizeof filled.name);
            filled.by = rule->by;
            filled.group_s = rule->group_s;
            filled.samples = rule->samples;
            *rule = filled;
            return true;
        }
    }
    return false;
}

const char *const *rule_presets(void)
{
    return preset_names;
}

/* A ratio of 1 can't be exceeded, and the comparisons are false for what is not a number. */
static bool is_limit(double ratio)
{
    return ratio >= 0 && ratio < 1;
}

/* A limit of 0 is off, and its clear value means nothing then. */
static int check_limit(const char *name, double limit, double clear, struct problem *why)
{
    if (!is_limit(limit)) {
        problem_set(why, "%s must be at least 0 %% and below 100 %%", name);
        return -EINVAL;
    }
    if (limit > 0 && !(clear >= 0 && clear <= limit)) {
        problem_set(why, "%s_clear must be between 0 %% and %s (%g %%)", name, name, limit * 100);
        return -EINVAL;
    }
    return 0;
}

static int check_limits(const struct rule *rule, struct problem *why)
{
    int bad = check_limit("warning", rule->warning, rule->warning_clear, why);
    if (!bad) {
        bad = check_limit("critical", rule->critical, rule->critical_clear, why);
    }
    if (bad) {
        return bad;
    }
    if (!(rule->warning > 0) && !(rule->critical > 0)) {
        problem_set(why, "a rule needs a limit: warning or critical above 0 %%");
        return -EINVAL;
    }
    if (rule->critical > 0 && rule->warning > rule->critical) {
        problem_set(why, "warning (%g %%) must not be above critical (%g %%)", rule->warning * 100,
                    rule->critical * 100);
        return -EINVAL;
    }
    return 0;
}

static int check_seconds(const char *name, int seconds, int least, int most, struct problem *why)
{
    if (seconds < least || seconds > most) {
        problem_set(why, "%s must be from %d s to %d s, not %d s", name, least, most, seconds);
        return -EINVAL;
    }
    return 0;
}

/* Below 90 %, six times the budget is more errors than there can well be. */
static int check_objective(const struct rule *rule, struct problem *why)
{
    if (!(rule->objective >= 0.9 && rule->objective < 1)) {
        problem_set(why, "objective must be at least 90 and below 100 (%%)");
        return -EINVAL;
    }
    return 0;
}

/* Unread lines are a part of all lines, and nothing is known of them but their source. */
static int check_on(const struct rule *rule, struct problem *why)
{
    const struct rule_on *on = &rule->on;
    if (on->classes & ON_UNPARSED) {
        if (on->classes != ON_UNPARSED || !on_is_by_class(on) || rule->by & RULE_BY_PLACE) {
            problem_set(why, "a rule on unparsed lines counts nothing else, and by source only");
            return -EINVAL;
        }
    } else if (!on->classes && on_is_by_class(on) && rule->kind != RULE_SILENT &&
               rule->kind != RULE_GONE) {
        problem_set(why, "a rule needs something that it counts as an error");
        return -EINVAL;
    }
    return 0;
}

static int check_kind(const struct rule *rule, struct problem *why)
{
    switch (rule->kind) {
    case RULE_THRESHOLD: return check_limits(rule, why);
    case RULE_BURN: return check_objective(rule, why);
    case RULE_SILENT: return 0;
    case RULE_FIRST: return check_seconds("learn", rule->learn_s, 0, RULE_LEARN_MOST_S, why);
    case RULE_GONE:
    case RULE_SPIKE: break;
    }
    if (rule->false_alarm_s < RULE_FALSE_ALARM_LEAST_S) {
        problem_set(why, "false_alarms must be at most 1 per 1h");
        return -EINVAL;
    }
    return 0;
}

int rule_check(const struct rule *rule, struct problem *why)
{
    if (!rule->name[0] || !memchr(rule->name, '\0', sizeof rule->name)) {
        problem_set(why, "a rule needs a name of 1 to %d bytes", RULE_NAME_BYTES - 1);
        return -EINVAL;
    }
    if (rule->by & ~(unsigned)(RULE_BY_SOURCE | RULE_BY_PLACE)) {
        problem_set(why, "a rule is by source, host, route and upstream, or by none");
        return -EINVAL;
    }
    bool is_silent = rule->kind == RULE_SILENT;
    int bad = check_on(rule, why);
    if (!bad) {
        bad = check_seconds("window", rule->window_s, 1,
                            is_silent ? RULE_WAIT_MAX_S : RULE_WINDOW_MAX_S, why);
    }
    if (!bad) {
        bad = check_seconds("for", rule->for_s, 0, RULE_WAIT_MAX_S, why);
    }
    if (!bad) {
        bad = check_seconds("clear_for", rule->clear_for_s, 0, RULE_WAIT_MAX_S, why);
    }
    if (!bad) {
        bad = check_seconds("group", rule->group_s, 0, RULE_WAIT_MAX_S, why);
    }
    return bad ? bad : check_kind(rule, why);
}

/* A rule by upstream has an alert for each that fails. */
bool rule_wants_answers(const struct rule *rule)
{
    bool is_about_errors =
        rule->kind == RULE_SPIKE || rule->kind == RULE_THRESHOLD || rule->kind == RULE_BURN;
    return is_about_errors && !(rule->by & RULE_BY_UPSTREAM) && !(rule->on.classes & ON_UNPARSED);
}

/* Exact: a setting that nobody changed is read to the same bits. */
static bool same(double a, double b)
{
    return !(a < b) && !(a > b);
}

bool rule_equal(const struct rule *a, const struct rule *b)
{
    return strcmp(a->name, b->name) == 0 && a->kind == b->kind && on_equal(&a->on, &b->on) &&
           a->by == b->by && a->window_s == b->window_s && a->min_requests == b->min_requests &&
           same(a->warning, b->warning) && same(a->warning_clear, b->warning_clear) &&
           same(a->critical, b->critical) && same(a->critical_clear, b->critical_clear) &&
           a->for_s == b->for_s && a->clear_for_s == b->clear_for_s &&
           a->false_alarm_s == b->false_alarm_s && a->learn_s == b->learn_s &&
           same(a->objective, b->objective);
}

double rule_budget_s(const struct rule *rule)
{
    return (double)rule->false_alarm_s * (double)(rule->n_series ? rule->n_series : 1);
}

char *rule_percent(double ratio, char out[RULE_PERCENT])
{
    double percent = ratio * 100;
    if (!(percent > 0)) {
        snprintf(out, RULE_PERCENT, "0 %%");
    } else if (percent < 0.01) {
        snprintf(out, RULE_PERCENT, "under 0.01 %%");
    } else if (percent < 9.95) {
        snprintf(out, RULE_PERCENT, "%.2g %%", percent);
    } else if (percent < 99.5) {
        snprintf(out, RULE_PERCENT, "%.0f %%", percent);
    } else {
        snprintf(out, RULE_PERCENT, "%s", percent < 100 ? "over 99 %" : "100 %");
    }
    return out;
}

/* Two digits are all that is known of that. */
char *rule_rarity(double nats, char out[RULE_RARITY])
{
    double days = exp(fmin(nats, 100)) / 86400, years = days / 365.25;
    if (years < 2) {
        snprintf(out, RULE_RARITY, "%.0f days", days);
    } else if (years < 1e6) {
        double step = pow(10, floor(log10(years)) - 1);
        snprintf(out, RULE_RARITY, "%.0f years",
                 step >= 1 ? floor(years / step + 0.5) * step : years);
    } else {
        snprintf(out, RULE_RARITY, "more than a million years");
    }
    return out;
}

const char *rule_severity_name(enum rule_severity severity)
{
    switch (severity) {
    case RULE_NONE: return "none";
    case RULE_WARNING: return "warning";
    case RULE_CRITICAL: return "critical";
    case RULE_INFO: return "info";
    }
    return "none";
}
