/*
 * Times the steps of a line's way one by one, over a log in memory: nanoseconds of CPU time per
 * line, and ticks of the processor's own clock where it has one to read. The least of many passes
 * is what the step costs when nothing disturbs it; the median says how much does.
 *
 *     micro [--lines 20000] [--repeats 50] [--only TEXT]
 */
#define _GNU_SOURCE /* getopt_long, CLOCK_THREAD_CPUTIME_ID */

#include "base/alloc.h"
#include "bench/micro/stage.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

struct options {
    size_t lines, repeats;
    const char *only;
};

/* What one pass took. */
struct took {
    double ns, ticks;
};

/* Not the core's cycles, which a program can't read: the time stamp counter has its own pace. */
static uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return 0;
#endif
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    const struct took *a = left, *b = right;
    return (a->ns > b->ns) - (a->ns < b->ns);
}

/* Passes are sorted by their time. The compiler must not find out that nobody wants the sum. */
static void measure(const struct stage *stage, struct sample *s, struct took *took, size_t repeats)
{
    uint64_t sum = stage->pass(s);
    for (size_t i = 0; i < repeats; i++) {
        uint64_t from = ticks();
        double began = cpu_ns();
        sum += stage->pass(s);
        took[i].ns = cpu_ns() - began;
        took[i].ticks = (double)(ticks() - from);
    }
    __asm__ volatile("" : : "r"(sum));
    qsort(took, repeats, sizeof(*took), compare);
}

static bool run(const struct stage *stage, const struct options *o)
{
    struct sample s;
    if (!sample_init(&s, stage->kind, stage->format, o->lines)) {
        fprintf(stderr, "micro: %s: no sample\n", stage->name);
        return false;
    }
    if (!stage->fits || stage->fits(&s)) {
        struct took *took = alloc_zero(o->repeats, sizeof(*took));
        double n = (double)s.n;
        measure(stage, &s, took, o->repeats);
        printf("%-34s %8.1f %8.1f %8.1f %8.0f\n", stage->name, took[0].ns / n,
               took[o->repeats / 2].ns / n, took[0].ticks / n, (double)s.text.len / n);
        fflush(stdout);
        free(took);
    }
    sample_done(&s);
    return true;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {{"lines", required_argument, NULL, 'n'},
                                          {"repeats", required_argument, NULL, 'r'},
                                          {"only", required_argument, NULL, 'o'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'n': o->lines = strtoul(optarg, NULL, 10); break;
        case 'r': o->repeats = strtoul(optarg, NULL, 10); break;
        case 'o': o->only = optarg; break;
        default: return false;
        }
    }
    return optind == argc && o->lines > 0 && o->repeats > 0;
}

int main(int argc, char **argv)
{
    struct options o = {.lines = 20000, .repeats = 50, .only = ""};
    bool ok = true;
    if (!read_options(&o, argc, argv)) {
        fputs("micro [--lines N] [--repeats N] [--only TEXT]\n", stderr);
        return 2;
    }
    printf("%-34s %8s %8s %8s %8s\n", "per line", "ns", "median", "ticks", "bytes");
    for (const struct stage *stage = stage_all(); stage->name; stage++) {
        if (strstr(stage->name, o.only)) {
            ok = run(stage, &o) && ok;
        }
    }
    return ok ? 0 : 1;
}
