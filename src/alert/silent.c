/*
 * The silence detector: a series that had requests, and then none for window_s seconds. It says
 * once how many there were in the hour before, and is over with the next request. What never had
 * any, or hardly any, is not missed.
 */
#include "alert/rule.h"
#include "base/floor.h"

#include <stdio.h>
#include <string.h>

enum {
    MINUTES = 60,
    MINUTE_S = 60,
};

struct silent {
    bool is_waiting; /* there were requests, and it is not known yet whether more come */
    bool is_silent;
    int64_t last;              /* second of the newest request */
    uint64_t requests;         /* of the hour up to it, in */
    uint32_t minutes[MINUTES]; /* … these, by number modulo MINUTES */
};

/* Empties the minutes between the newest request and this second. */
static void advance(struct silent *s, int64_t second)
{
    int64_t now = floor_div(second, MINUTE_S), at = floor_div(s->last, MINUTE_S);
    if (s->last > second || now - at >= MINUTES) {
        memset(s->minutes, 0, sizeof s->minutes);
        s->requests = 0;
        return;
    }
    while (at < now) {
        uint32_t *oldest = &s->minutes[floor_place(++at, MINUTES)];
        s->requests -= *oldest < s->requests ? *oldest : s->requests;
        *oldest = 0;
    }
}

static void take(struct silent *s, int64_t second, uint64_t requests)
{
    advance(s, second);
    uint32_t *minute = &s->minutes[floor_place(floor_div(second, MINUTE_S), MINUTES)];
    uint64_t room = UINT32_MAX - *minute, n = requests < room ? requests : room;
    *minute += (uint32_t)n;
    s->requests += n;
    s->last = second;
    s->is_waiting = true;
    s->is_silent = false;
}

static void silent_tick(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                        uint64_t errors, struct rule_finding *out)
{
    struct silent *s = state;
    (void)errors;
    if (requests) {
        take(s, second, requests);
    } else if (s->is_waiting && second >= s->last + rule->window_s) {
        s->is_waiting = false;
        s->is_silent = s->requests > rule->min_requests;
    }
    *out = (struct rule_finding){.onset = second, .baseline = -1};
    if (s->is_silent) {
        out->severity = RULE_WARNING;
        out->onset = s->last + 1;
        out->requests = s->requests;
    }
}

static size_t silent_state_size(const struct rule *rule)
{
    (void)rule;
    return sizeof(struct silent);
}

static bool silent_is_settled(const void *state)
{
    const struct silent *s = state;
    return !s->is_waiting && !s->is_silent;
}

static bool silent_can_wait(const void *state, const struct rule *rule)
{
    (void)rule;
    return silent_is_settled(state);
}

static void silent_evidence(const struct rule *rule, const struct rule_finding *finding, char *out,
                            size_t size)
{
    snprintf(out, size, "no request for %d s; %llu in the hour before", rule->window_s,
             (unsigned long long)finding->requests);
}

const struct rule_detector rule_silent = {
    .name = "silent",
    .memory_s = MINUTES * MINUTE_S,
    .state_size = silent_state_size,
    .tick = silent_tick,
    .is_settled = silent_is_settled,
    .can_wait = silent_can_wait,
    .evidence = silent_evidence,
};
