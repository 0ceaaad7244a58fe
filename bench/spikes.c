/*
 * Runs the detector of a rule over counts per second, as a rule in the program runs it:
 *
 *     spikes [PRESET] FILE.csv ...      (spike, netdata, prometheus, sre, silent, gone)
 *
 * Each file has a header and then second,requests,errors; seconds may be left out. Printed is JSON,
 * {"FILE": [[fired, resolved or null], …]}, which spikebench's score.py takes, and on stderr what a
 * second costs.
 */
#include "alert/series.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
    const struct rule *rule;
    const struct rule_detector *detector;
    void *state;
    bool is_firing, is_first;
    int64_t next;
    uint64_t seconds;
};

static void tick(struct run *r, int64_t second, uint64_t requests, uint64_t errors)
{
    struct rule_finding found;
    r->detector->tick(r->state, r->rule, second, requests, errors, &found);
    r->seconds++;
    bool is_firing = found.severity != RULE_NONE;
    if (is_firing && !r->is_firing) {
        printf("%s[%" PRId64 ", ", r->is_first ? "" : ", ", second);
        r->is_first = false;
    } else if (!is_firing && r->is_firing) {
        printf("%" PRId64 "]", second);
    }
    r->is_firing = is_firing;
}

/* Seconds without requests are left out where the program leaves them out. */
static void skip_to(struct run *r, int64_t second)
{
    while (r->next < second && !r->detector->is_settled(r->state)) {
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
    struct run r = {rule, series_detector(rule), NULL, false, true, 0, 0};
    if (!in) {
        perror(path);
        return false;
    }
    r.state = calloc(1, r.detector->state_size(rule));
    if (!r.state) {
        fclose(in);
        return false;
    }
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
    free(r.state);
    fclose(in);
    return true;
}

int main(int argc, char **argv)
{
    struct rule rule = {.name = "bench", .window_s = 60, .n_series = 1};
    int at = 1;
    double ns = 0, most = 0;
    bool is_good = true;
    if (argc > 1 && rule_preset(&rule, span_of(argv[1]))) {
        at++;
    } else {
        rule_preset(&rule, SPAN("spike"));
    }
    printf("{");
    for (int i = at; i < argc; i++) {
        printf("%s", i > at ? ",\n " : "");
        is_good = run_file(&rule, argv[i], &ns) && is_good;
        most = ns > most ? ns : most;
    }
    printf("}\n");
    fprintf(stderr, "at most %.0f ns a second, reading it included\n", most);
    return is_good ? 0 : 1;
}
