/*
 * The first sight of a code: a status code of an owner that a series never had (seen.c), once the
 * series has been known for long enough that "never" means something. It is news, and no trouble by
 * itself; so the alert is over after the rule's window, and the code is known from then on. Further
 * new codes in that window are told as part of the same alert.
 */
#include "alert/rule.h"

#include <stdio.h>

struct first {
    uint32_t has_begun, is_on;
    int64_t began; /* the first second that it was ticked */
    int64_t seen;  /* when there was news last */
    int64_t onset; /* of the alert, and since then: */
    uint64_t requests, errors;
};

/* `errors` are those with a code that was never there. */
static void first_tick(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                       uint64_t errors, struct rule_finding *out)
{
    struct first *f = state;
    if (!f->has_begun) {
        f->has_begun = true;
        f->began = second;
    }
    bool is_news = errors > 0 && second - f->began >= rule->learn_s;
    if (is_news && !f->is_on) {
        f->is_on = true;
        f->onset = second;
        f->requests = f->errors = 0;
    }
    f->seen = is_news ? second : f->seen;
    f->is_on = f->is_on && second - f->seen < rule->window_s;
    *out = (struct rule_finding){.onset = f->onset, .baseline = -1};
    if (f->is_on) {
        f->requests += requests;
        f->errors += errors;
        out->severity = RULE_INFO;
        out->is_news = is_news;
        out->requests = f->requests;
        out->errors = f->errors;
        out->ratio = f->requests ? (double)f->errors / (double)f->requests : 0;
        out->known_s = f->onset - f->began;
    }
}

static size_t first_state_size(const struct rule *rule)
{
    (void)rule;
    return sizeof(struct first);
}

/* Its age is a difference of seconds, whether they were ticked or not. */
static bool first_is_settled(const void *state)
{
    const struct first *f = state;
    return !f->is_on;
}

static bool first_can_wait(const void *state, const struct rule *rule)
{
    (void)rule;
    return first_is_settled(state);
}

static void first_evidence(const struct rule *rule, const struct rule_finding *finding, char *out,
                           size_t size)
{
    (void)rule;
    long long hours = (long long)(finding->known_s / 3600);
    bool is_days = hours >= 48;
    snprintf(out, size, "never seen before, in %lld %s", is_days ? hours / 24 : hours,
             is_days      ? "days"
             : hours == 1 ? "hour"
                          : "hours");
}

const struct rule_detector rule_first = {
    .name = "first",
    .memory_s = 90 * 86400,
    .state_size = first_state_size,
    .tick = first_tick,
    .is_settled = first_is_settled,
    .can_wait = first_can_wait,
    .evidence = first_evidence,
};
