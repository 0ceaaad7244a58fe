/*
 * Writes access logs that look like a shop's: the same seed and options give the same bytes. Used
 * by bench/run (large files), by tests, and by ./run (--live: at the pace of the clock).
 */
#define _GNU_SOURCE /* getopt_long */

#include "bench/generate/writer.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    OUT_BYTES = 3 * WRITER_LINE_BYTES,
    TICKS = 20, /* of --live, per second */
};

struct options {
    const char *format;
    uint64_t lines, seed;
    int64_t rate;
    struct request_story story;
    bool live;
};

/* False when nobody reads any more, or the disk is full. */
static bool flush(struct out *o)
{
    size_t done = 0;
    while (done < o->len) {
        ssize_t n = write(STDOUT_FILENO, o->bytes + done, o->len - done);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    o->len = 0;
    return true;
}

/* Lines of a given second (and about a given millisecond). */
static bool put_lines(struct out *out, struct options *o, const struct writer *w, uint64_t n,
                      int64_t at_ms)
{
    struct request r = {.second = at_ms / 1000, .millisecond = (unsigned)(at_ms % 1000)};
    for (uint64_t i = 0; i < n; i++) {
        request_draw(&o->story, &o->seed, &r);
        w->line(out, &r);
        out_char(out, '\n');
        if (out->size - out->len < WRITER_LINE_BYTES && !flush(out)) {
            return false;
        }
    }
    return true;
}

static bool write_log(struct out *out, struct options *o, const struct writer *w)
{
    uint64_t rate = (uint64_t)o->rate;
    int64_t second = o->story.start;
    for (uint64_t left = o->lines; left > 0; second++) {
        uint64_t n = left < rate ? left : rate;
        if (!put_lines(out, o, w, n, second * 1000)) {
            return false;
        }
        left -= n;
    }
    return flush(out);
}

/* The share of a second's lines that is due in each tick, until the lines are all written. */
static bool write_live(struct out *out, struct options *o, const struct writer *w)
{
    uint64_t left = o->lines ? o->lines : UINT64_MAX;
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    o->story.start = due.tv_sec;
    for (int64_t tick = 0; left > 0; tick++) {
        int64_t of_second = tick % TICKS;
        uint64_t n = (uint64_t)(o->rate * (of_second + 1) / TICKS - o->rate * of_second / TICKS);
        n = n < left ? n : left;
        left -= n;
        if (!put_lines(out, o, w, n, due.tv_sec * 1000 + due.tv_nsec / 1000000) || !flush(out)) {
            return false;
        }
        due.tv_nsec += 1000000000 / TICKS;
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL) == EINTR) {
        }
    }
    return true;
}

static void usage(FILE *to)
{
    fputs(
        "generate [options] > FILE: a web server's access log\n"
        "  --format NAME            one of those below (combined)\n"
        "  --lines N                how many (1000000; 0 with --live: for ever)\n"
        "  --rate N                 lines per second of the log's time (500)\n"
        "  --start EPOCH            the first line's time (1795305600)\n"
        "  --seed N                 other seed, other log (1)\n"
        "  --incident CALM,BAD,SHARE  after CALM seconds BAD ones with a share of 5xx, and again\n"
        "  --live                   as time goes by\n"
        "Formats:\n",
        to);
    for (const struct writer *w = writer_all(); w->name; w++) {
        fprintf(to, "  %-24s %s\n", w->name, w->about);
    }
}

static bool read_incident(struct request_story *s, const char *text)
{
    return sscanf(text, "%" SCNd64 ",%" SCNd64 ",%lf", &s->calm, &s->incident, &s->share) == 3 &&
           s->calm >= 0 && s->incident >= 0 && s->share >= 0 && s->share <= 1;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"format", required_argument, NULL, 'f'},   {"lines", required_argument, NULL, 'n'},
        {"rate", required_argument, NULL, 'r'},     {"start", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 's'},     {"live", no_argument, NULL, 'l'},
        {"incident", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'f': o->format = optarg; break;
        case 'n': o->lines = strtoull(optarg, NULL, 10); break;
        case 'r': o->rate = strtoll(optarg, NULL, 10); break;
        case 't': o->story.start = strtoll(optarg, NULL, 10); break;
        case 's': o->seed = strtoull(optarg, NULL, 10); break;
        case 'l': o->live = true; break;
        case 'i':
            if (!read_incident(&o->story, optarg)) {
                return false;
            }
            break;
        default: return false;
        }
    }
    return optind == argc && o->rate > 0;
}

int main(int argc, char **argv)
{
    struct options o = {.format = "combined",
                        .lines = 1000000,
                        .seed = 1,
                        .rate = 500,
                        .story = {.start = 1795305600}};
    const struct writer *w = read_options(&o, argc, argv) ? writer_find(o.format) : NULL;
    if (!w) {
        usage(stderr);
        return 2;
    }
    struct out out = {.bytes = malloc(OUT_BYTES), .size = OUT_BYTES};
    if (!out.bytes) {
        return 1;
    }
    if (w->head) {
        w->head(&out, o.story.start);
    }
    bool ok = o.live ? write_live(&out, &o, w) : write_log(&out, &o, w);
    free(out.bytes);
    return ok ? 0 : 1;
}
