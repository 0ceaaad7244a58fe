/*
 * teapotd: what the status codes in web-server logs mean, and when they go wrong.
 *
 * A map of the source. main reads the command line (config/options.c) and calls one of
 *
 *   run/oneshot.c   scan files to their end, explain a code, list the formats
 *     run/scan.c       files in their order, by many threads (reading.c, chunk.c, workers.c)
 *   run/daemon.c    follow files, or run as a daemon: the loop and its timers
 *     run/sections.c   sections of the configuration: tails, pipes, the sources they find
 *     run/catchup.c    backlogs, read by workers
 *     run/summaries.c  summaries: when somebody asks, and each interval
 *     run/deliver.c    alerts to people
 *     run/answer.c     answers on the stats socket
 *
 * Both drive run/pipeline.c, which wires one source:
 *
 *   input/    bytes: files, tails, pipes; lines (framer.c)
 *   format/   which parser reads a line (reader.c)
 *   parsers/  one file per format, on top of scan/ (templates, JSON, cursor)
 *   event/    one request: status words, fields, times
 *   codes/    the dictionary and whose code it is (verdict.c)
 *   tally/    what is counted: a value that merges
 *   alert/    rules, detectors, alerts
 *   output/   JSON, report, metrics, webhook
 *   serve/    the stats socket
 *   store/    the checkpoint
 *   base/     spans, buffers, memory, messages, clock
 */
#include "base/buf.h"
#include "base/diag.h"
#include "config/options.h"
#include "run/daemon.h"
#include "run/detect.h"
#include "run/oneshot.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef TEAPOT_VERSION
#define TEAPOT_VERSION "0"
#endif

static int print_help(void)
{
    struct buf out = {0};
    options_help(&out);
    fwrite(out.data, 1, out.len, stdout);
    buf_done(&out);
    return fflush(stdout) ? EXIT_UNREADABLE : 0;
}

/* Without files and with a person at the terminal there is nothing to read: short help. */
static bool nothing_to_read(const struct options *o)
{
    bool reads = o->action <= OPTIONS_FOLLOW;
    if (!reads || !o->no_files || isatty(STDIN_FILENO) != 1) {
        return false;
    }
    struct buf out = {0};
    options_usage(&out);
    fwrite(out.data, 1, out.len, stderr);
    buf_done(&out);
    return true;
}

static int run(const struct options *o)
{
    switch (o->action) {
    case OPTIONS_SCAN: return oneshot_scan(o);
    case OPTIONS_DETECT: return detect_files(o);
    case OPTIONS_FOLLOW: return daemon_follow(o);
    case OPTIONS_DAEMON: return daemon_run(o);
    case OPTIONS_CHECK: return daemon_check(o);
    case OPTIONS_EXPLAIN: return oneshot_explain(o);
    case OPTIONS_FORMATS: return oneshot_formats();
    case OPTIONS_FROM: return oneshot_from(o);
    case OPTIONS_HELP: return print_help();
    case OPTIONS_VERSION: return printf("teapotd " TEAPOT_VERSION "\n") < 0 ? EXIT_UNREADABLE : 0;
    }
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct problem why = {0};
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error to be read, not a death */
    if (options_read(&o, argc, argv, &why)) {
        problem_say(&why);
        fputs("Try teapotd --help.\n", stderr);
        options_done(&o);
        return EXIT_USAGE;
    }
    int r = nothing_to_read(&o) ? EXIT_USAGE : run(&o);
    options_done(&o);
    return r;
}
