#include "output/wording.h"

void wording_codes(struct buf *out, const struct alert *a)
{
    char word[STATUS_TEXT];
    for (uint32_t i = 0; i < a->n_codes; i++) {
        buf_printf(out, "%s%s x %llu", i ? ", " : "", status_text(a->codes[i].status, word),
                   (unsigned long long)a->codes[i].count);
    }
}

void wording_places(struct buf *out, const struct alert *a)
{
    char percent[RULE_PERCENT];
    for (uint32_t i = 0; i < a->n_where; i++) {
        buf_printf(out, "%s%s %s (%s)", i ? ", " : "", a->where[i].dimension, a->where[i].name,
                   rule_percent(a->where[i].share, percent));
    }
}

const char *wording_blame(const struct alert *a)
{
    size_t most = 0;
    for (size_t i = 1; i < BLAMES; i++) {
        most = a->blame[i] > a->blame[most] ? i : most;
    }
    return blame_name((enum blame)most);
}

const char *wording_state(const struct alert *a)
{
    return a->state == ALERT_RESOLVED ? "resolved" : rule_severity_name(a->severity);
}

void wording_head(struct buf *out, const struct alert *a)
{
    buf_printf(out, "[%s%s] %s", a->repeats ? "still " : "", wording_state(a), a->summary);
}
