/*
 * Runs rules over counts per second, as the program runs them. Counts of a file,
 *
 *     spikes [PRESET] FILE.csv ...      (spike, netdata, prometheus, sre, silent, gone)
 *
 * which has a header and then second,requests,errors; seconds may be left out. Printed is JSON,
 * {"FILE": [[fired, resolved or null], …]}, and on stderr what a second costs. Or made-up ones,
 *
 *     spikes --traffic KIND [--seed N] [--series N] [--days N] [--incidents DAY | --stops DAY]
 *            PRESET ...
 *
 * of one of the kinds in kinds.c, and after DAY days of quiet with about eight incidents a day:
 * errors, or no requests at all.
 * Printed is a line of JSON for each preset (trial.h). bench/falsealarms makes tables of them.
 */
#include "base/clock.h"
#include "trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const struct rule *rule;
    struct series *series;
    bool is_firing, is_first;
    int64_t next;
    uint64_t seconds;
};

static void tick(struct run *r, int64_t second, uint64_t requests, uint64_t errors)
{
    bool is_firing = trial_tick(r->series, r->rule, second, requests, errors);
    r->seconds++;
    if (is_firing && !r->is_firing) {
        printf("%s[%" PRId64 ", ", r->is_first ? "" : ", ", second);
        r->is_first = false;
    } else if (!is_firing && r->is_firing) {
        printf("%" PRId64 "]", second);
    }
    r->is_firing = is_firing;
}

static void skip_to(struct run *r, int64_t second)
{
    while (r->next < second && !series_is_settled(r->series, r->rule)) {
        tick(r, r->next++, 0, 0);
    }
    r->next = second;
}

static bool run_file(const struct rule *rule, const char *path, double *ns)
{
    FILE *in = fopen(path, "r");
    char line[128];
    long long second;
    unsigned long long requests, errors;
    struct label_table labels = {0};
    struct run r = {.rule = rule, .is_first = true};
    if (!in) {
        perror(path);
        return false;
    }
    struct series_key key = {.host = SPAN("")};
    r.series = series_new(1, &key);
    int64_t began = clock_mono_ms();
    printf("\"%s\": [", path);
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, "%lld,%llu,%llu", &second, &requests, &errors) == 3) {
            skip_to(&r, second);
            tick(&r, second, requests, errors);
            r.next = second + 1;
        }
    }
    printf("%s]", r.is_firing ? "null]" : "");
    *ns = (double)(clock_mono_ms() - began) * 1e6 / (double)(r.seconds ? r.seconds : 1);
    series_free(r.series, &labels);
    label_table_done(&labels);
    fclose(in);
    return true;
}

static bool set_rule(struct rule *rule, const char *preset)
{
    *rule = (struct rule){.window_s = 60, .n_series = 1};
    snprintf(rule->name, sizeof rule->name, "%s", preset);
    return rule_preset(rule, span_of(preset));
}

static int run_files(char **args, int n)
{
    struct rule rule;
    double ns = 0, most = 0;
    bool is_good = true;
    int at = n && set_rule(&rule, args[0]) ? 1 : 0;
    if (!at) {
        set_rule(&rule, "spike");
    }
    printf("{");
    for (int i = at; i < n; i++) {
        printf("%s", i > at ? ",\n " : "");
        is_good = run_file(&rule, args[i], &ns) && is_good;
        most = ns > most ? ns : most;
    }
    printf("}\n");
    fprintf(stderr, "at most %.0f ns a second, reading it included\n", most);
    return is_good ? 0 : 1;
}

/* Takes an option and its value; false when it is none, or no value that makes sense. */
static bool take_option(struct trial *trial, const char *name, const char *value)
{
    char *end;
    long long number = strtoll(value, &end, 10);
    bool is_number = *value && !*end && number >= 0 && number <= 1000000;
    if (strcmp(name, "--traffic") == 0) {
        trial->kind = traffic_kind(value);
        return trial->kind != NULL;
    }
    if (strcmp(name, "--seed") == 0) {
        trial->seed = (uint64_t)number;
    } else if (strcmp(name, "--series") == 0) {
        trial->n_series = (int)number;
    } else if (strcmp(name, "--days") == 0) {
        trial->days = (int)number;
    } else if (strcmp(name, "--incidents") == 0) {
        trial->quiet_days = (int)number;
    } else if (strcmp(name, "--stops") == 0) {
        trial->quiet_days = (int)number;
        trial->are_stops = true;
    } else {
        return false;
    }
    return is_number;
}

static int refuse(const char *what, const char *value)
{
    fprintf(stderr, "spikes: %s %s is not known; kinds of traffic:\n", what, value);
    for (const struct kind *kind = traffic_kinds; kind->name; kind++) {
        fprintf(stderr, "  %-9s %s\n", kind->name, kind->about);
    }
    return 2;
}

static int run_trial(char **args, int n)
{
    enum { RULES = 8 };
    struct trial trial = {.seed = 1, .days = 60, .quiet_days = -1, .n_series = 10};
    struct rule rules[RULES];
    struct trial_score scores[RULES] = {0};
    size_t n_rules = 0;
    int at = 0;
    for (; at + 1 < n && strncmp(args[at], "--", 2) == 0; at += 2) {
        if (!take_option(&trial, args[at], args[at + 1])) {
            return refuse(args[at], args[at + 1]);
        }
    }
    for (; at < n; at++) {
        if (n_rules == RULES || !set_rule(&rules[n_rules], args[at])) {
            return refuse("preset", args[at]);
        }
        scores[n_rules].rule = &rules[n_rules];
        n_rules++;
    }
    trial_run(&trial, scores, n_rules);
    for (size_t i = 0; i < n_rules; i++) {
        trial_print(&trial, &scores[i]);
        trial_done(&scores[i]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--traffic") == 0) {
        return run_trial(argv + 1, argc - 1);
    }
    return run_files(argv + 1, argc - 1);
}
