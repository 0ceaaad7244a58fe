/*
 * The sentence is put together from what is known; what is not is left out. Its parts have bounds
 * of their own, so that the whole never has to be cut in the midst of a word or character.
 */
#include "alert/sentence.h"

#include "base/clock.h"
#include "codes/verdict.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    NAME_SHOWN = 48, /* bytes of a name; with these all parts together fit into the summary */
    CODE_SHOWN = 40,
    MOST_PERCENT = 80, /* "mostly" begins here */
};

struct text {
    char *out;
    size_t len, size;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(t->out + t->len, t->size - t->len, format, args);
    va_end(args);
    if (len > 0) {
        size_t left = t->size - t->len - 1;
        t->len += (size_t)len < left ? (size_t)len : left;
    }
}

/* A name from a log: no longer than can be read, cut between characters, without control bytes. */
static void add_name(struct text *t, const char *name, size_t most)
{
    size_t len = strlen(name), shown = len;
    if (len > most) {
        shown = most;
        while (shown > 0 && ((unsigned char)name[shown] & 0xc0) == 0x80) {
            shown--;
        }
    }
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)name[i];
        add(t, "%c", c < 0x20 || c == 0x7f ? '?' : c);
    }
    add(t, "%s", shown < len ? "…" : "");
}

/* The time of day is enough here: the date stands beside the sentence in every output. */
static void add_clock(struct text *t, int64_t second)
{
    int64_t of_day = second % 86400;
    of_day += of_day < 0 ? 86400 : 0;
    add(t, "%02d:%02d:%02d UTC", (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

/* A duration in its two largest units, the second one only when it is not zero. */
static void add_duration(struct text *t, int64_t seconds)
{
    static const struct {
        int64_t from, large, small;
        const char *large_name, *small_name;
    } units[] = {
        {172800, 86400, 3600, "d", "h"},
        {3600, 3600, 60, "h", "min"},
        {60, 60, 1, "min", "s"},
        {0, 1, 1, "s", "s"},
    };
    size_t i = 0;
    seconds = seconds > 0 ? seconds : 0;
    while (seconds < units[i].from) {
        i++;
    }
    long long rest = seconds % units[i].large / units[i].small;
    add(t, "%lld %s", (long long)(seconds / units[i].large), units[i].large_name);
    if (rest) {
        add(t, " %lld %s", rest, units[i].small_name);
    }
}

static const char *code_name(const struct alert_code *c)
{
    return verdict_name((struct verdict){c->status, c->entry, c->blame});
}

static uint64_t sum_blame(const struct alert *a)
{
    uint64_t sum = 0;
    for (enum blame b = BLAME_NONE; b < BLAMES; b++) {
        sum += a->blame[b];
    }
    return sum;
}

static bool is_most(uint64_t part, uint64_t all)
{
    return part > 0 && part * 100 >= all * MOST_PERCENT;
}

/* Who has to act, when it is clear. */
static const char *whose(const struct alert *a)
{
    static const char *const phrases[BLAMES] = {
        [BLAME_CLIENT] = " caused by clients", [BLAME_SERVER] = " by the server",
        [BLAME_UPSTREAM] = " from upstream",   [BLAME_EDGE] = " at the edge",
        [BLAME_NETWORK] = " by the network",   [BLAME_CONFIG] = " by configuration",
        [BLAME_AUTH] = " by authentication",
    };
    uint64_t all = sum_blame(a);
    for (enum blame b = BLAME_NONE; b < BLAMES; b++) {
        if (phrases[b] && is_most(a->blame[b], all)) {
            bool is_said = b == BLAME_UPSTREAM && a->upstream[0];
            return is_said ? "" : phrases[b];
        }
    }
    return "";
}

static void add_named(struct text *t, const char *words, const char *name)
{
    if (name[0]) {
        add(t, "%s", words);
        add_name(t, name, NAME_SHOWN);
    }
}

/* " for shop.example.com", " in nginx/access.log", " at upstream 10.0.0.7:8080 on /cart". The
 * source is said only when nothing else tells which series it is. */
static void add_series(struct text *t, const struct alert *a)
{
    bool is_place = a->host[0] || a->route[0] || a->upstream[0];
    add_named(t, " at upstream ", a->upstream);
    add_named(t, " for ", a->host);
    add_named(t, " on ", a->route);
    add_named(t, " in ", is_place ? "" : a->source);
    if (a->n_parts) {
        add(t, " and %u more", (unsigned)a->n_parts);
    }
}

static void add_code(struct text *t, const struct alert_code *c)
{
    char word[STATUS_TEXT];
    add(t, "%s ", status_text(c->status, word));
    add_name(t, code_name(c), CODE_SHOWN);
}

/* "New code 521 Web Server Is Down", "New codes 521 Web Server Is Down and 2 more". */
static void add_new_codes(struct text *t, const struct alert *a)
{
    add(t, a->n_codes > 1 ? "New codes " : "New code ");
    add_code(t, &a->codes[0]);
    if (a->n_codes > 1) {
        add(t, " and %u more", (unsigned)(a->n_codes - 1));
    }
}

/* "502 Bad Gateway from upstream for shop.example.com". */
static void add_subject(struct text *t, const struct alert *a, const struct rule *rule)
{
    uint64_t all = sum_blame(a);
    if (rule->kind == RULE_SILENT) {
        add(t, "No requests");
    } else if (rule->kind == RULE_GONE) {
        add(t, a->severity == RULE_CRITICAL ? "Traffic gone" : "Less traffic");
    } else if (rule->kind == RULE_FIRST && a->n_codes) {
        add_new_codes(t, a);
    } else if (a->n_codes && a->codes[0].count * 2 > all) {
        add(t, "%s", is_most(a->codes[0].count, all) ? "" : "Mostly ");
        add_code(t, &a->codes[0]);
    } else {
        add(t, "%s", on_words(&rule->on));
    }
    add(t, "%s", whose(a));
    add_series(t, a);
}

/* "31 % of 840 requests". */
static void add_share(struct text *t, const struct rule *rule, double ratio, uint64_t requests)
{
    char percent[RULE_PERCENT];
    const char *what = rule->on.classes & ON_UNPARSED ? "line" : "request";
    add(t, "%s of %llu %s%s", rule_percent(ratio, percent), (unsigned long long)requests, what,
        requests == 1 ? "" : "s");
}

/* ", all from upstream 10.0.0.7:8080 on /cart", when some places have nearly all. */
static void add_places(struct text *t, const struct alert *a)
{
    static const struct {
        const char *dimension, *words;
    } words[] = {{"upstream", "from upstream"}, {"host", "for"}, {"route", "on"}};
    const char *how = a->explained == sum_blame(a) ? ", all" : ", mostly";
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        for (uint32_t i = 0; i < a->n_where; i++) {
            const struct alert_where *w = &a->where[i];
            if (w->explains && strcmp(w->dimension, words[k].dimension) == 0) {
                add(t, "%s %s ", how, words[k].words);
                add_name(t, w->name, NAME_SHOWN);
                how = "";
            }
        }
    }
}

/* "; 62 % of the error budget is left". */
static void add_budget(struct text *t, const struct alert *a)
{
    char percent[RULE_PERCENT];
    if (a->has_budget) {
        add(t, "; %s of the error budget is left",
            a->budget_left > 0 ? rule_percent(a->budget_left, percent) : "nothing");
    }
}

/* "; retries hid 120 more failures". */
static void add_masked(struct text *t, const struct alert *a)
{
    if (a->masked) {
        add(t, "; retries hid %llu more failure%s", (unsigned long long)a->masked,
            a->masked == 1 ? "" : "s");
    }
}

/* "; 10.0.0.7:8080 and 2 more answer no longer". */
static void add_gone(struct text *t, const struct alert *a)
{
    if (a->n_gone) {
        add(t, "; ");
        add_name(t, a->gone[0].upstream, NAME_SHOWN);
        if (a->n_gone > 1) {
            add(t, " and %s%u more", a->n_gone == ALERT_GONE ? "at least " : "", a->n_gone - 1);
        }
        add(t, " answer%s no longer", a->n_gone == 1 ? "s" : "");
    }
}

/* "; 521 was never seen before". The other alert says it of itself. */
static void add_novelty(struct text *t, const struct alert *a, const struct rule *rule)
{
    char word[STATUS_TEXT];
    if (a->n_codes && a->codes[0].is_new && rule->kind != RULE_FIRST) {
        add(t, "; %s was never seen before", status_text(a->codes[0].status, word));
    }
}

/* In the order in which somebody asks: what, since when, how much, what is usual, and where. */
void sentence_firing(struct alert *alert, const struct rule *rule)
{
    struct text t = {alert->summary, 0, sizeof alert->summary};
    add_subject(&t, alert, rule);
    add(&t, " since ");
    add_clock(&t, alert->since);
    if (rule->kind == RULE_SILENT) {
        add(&t, ": %llu in the hour before.", (unsigned long long)alert->requests);
        return;
    }
    if (rule->kind == RULE_GONE) {
        add(&t, ": %llu request%s instead of the usual %.0f.", (unsigned long long)alert->requests,
            alert->requests == 1 ? "" : "s", alert->expected);
        return;
    }
    add(&t, ": ");
    add_share(&t, rule, alert->ratio, alert->requests);
    if (alert->baseline >= 0) {
        char percent[RULE_PERCENT];
        add(&t, " (usually %s)", rule_percent(alert->baseline, percent));
    }
    add_places(&t, alert);
    add_gone(&t, alert);
    add_masked(&t, alert);
    add_novelty(&t, alert, rule);
    add_budget(&t, alert);
    add(&t, ".");
}

/* Without `worst` the rule is gone, and nothing is known of how it would have gone on. */
void sentence_resolved(struct alert *alert, const struct rule *rule, int64_t over,
                       const struct rule_finding *worst)
{
    struct text t = {alert->summary, 0, sizeof alert->summary};
    add_subject(&t, alert, rule);
    bool is_news = rule->kind == RULE_FIRST;
    add(&t, !worst    ? " is not watched any more since "
            : is_news ? " is no news since "
                      : " is over since ");
    add_clock(&t, over);
    add(&t, " after ");
    add_duration(&t, over - alert->since);
    if (!worst) {
        add(&t, ": its rule was changed or removed");
    } else if (rule->kind != RULE_SILENT && rule->kind != RULE_GONE) {
        add(&t, ": at worst ");
        add_share(&t, rule, worst->ratio, worst->requests);
    }
    add(&t, ".");
}
