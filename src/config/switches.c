/* The options, in the order of --help. teapotd(8) has the same ones. */
#include "config/switches.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

enum {
    MAX_THREADS = 1024,
    MAX_EVERY_S = 86400,
};

/* The list replaces the default, so "--by client" keeps nothing else. */
static int take_by(struct options *o, const char *argument, struct problem *why)
{
    return config_dimensions(span_of(argument), &o->config.keep, why);
}

static int take_threads(struct options *o, const char *argument, struct problem *why)
{
    uint64_t n = 0;
    if (!span_to_u64(span_of(argument), &n) || n < 1 || n > MAX_THREADS) {
        problem_set(why, "--threads needs a number from 1 to %d, not \"%.*s\"", MAX_THREADS,
                    CHOICE_SHOWN, argument);
        return -EINVAL;
    }
    o->threads = (int)n;
    return 0;
}

/* Whole seconds: an interval's counts come from per-second buckets. */
static int take_every(struct options *o, const char *argument, struct problem *why)
{
    int64_t ms = 0;
    if (!value_duration(span_of(argument), &ms) || ms % 1000 || ms / 1000 > MAX_EVERY_S) {
        problem_set(why, "--every needs whole seconds up to a day, as in 10s or 5m, not \"%.*s\"",
                    CHOICE_SHOWN, argument);
        return -EINVAL;
    }
    o->config.every_s = (int)(ms / 1000);
    return 0;
}

static int take_fail(struct options *o, const char *argument, struct problem *why)
{
    (void)argument, (void)why;
    o->fail_on_alert = true;
    return 0;
}

/* Of the configuration only the alert rules and maintenances are taken. */
static int take_replay(struct options *o, const char *argument, struct problem *why)
{
    struct config c;
    config_init(&c);
    int r = config_read(&c, argument, why);
    if (r == 0) {
        free(o->config.rules);
        o->config.rules = c.rules;
        o->config.n_rules = c.n_rules;
        c.rules = NULL;
        c.n_rules = 0;
        free(o->config.maintenances);
        o->config.maintenances = c.maintenances;
        o->config.n_maintenances = c.n_maintenances;
        c.maintenances = NULL;
        c.n_maintenances = 0;
    }
    config_done(&c);
    return r;
}

static const struct switches_row rows[] = {
    {.group = "Reading logs",
     .letter = 'f',
     .name = "follow",
     .help = "keep reading, through rotation; a JSON line for each interval, alerts as they happen",
     .goes = SWITCHES_FOLLOW,
     .action = OPTIONS_FOLLOW},
    {.name = "format",
     .argument = "SPEC",
     .help = "auto (default), a name of --formats, or a name with arguments: nginx:'…' apache:'…' "
             "regex:'…'",
     .goes = SWITCHES_READING | SWITCHES_EXPLAIN | SWITCHES_DETECT,
     .keep = offsetof(struct options, format)},
    {.name = "vendor",
     .argument = "NAME",
     .help = "whose codes these are, where the format can't tell",
     .goes = SWITCHES_READING | SWITCHES_EXPLAIN | SWITCHES_DETECT,
     .keep = offsetof(struct options, vendor)},
    {.name = "by",
     .argument = "LIST",
     .help = "what to keep counts for: host,route,upstream (default) and client (off: privacy)",
     .goes = SWITCHES_READING,
     .take = take_by},
    {.name = "threads",
     .argument = "N",
     .help = "read with N threads, to the same result (default: as many as cores)",
     .goes = SWITCHES_READING,
     .take = take_threads},
    {.group = "Output",
     .name = "json",
     .help = "JSON, also on a terminal",
     .goes = SWITCHES_READING | SWITCHES_EXPLAIN | SWITCHES_DETECT,
     .output = OPTIONS_JSON},
    {.name = "text",
     .help = "text for people, also into a pipe",
     .goes = SWITCHES_READING | SWITCHES_EXPLAIN | SWITCHES_DETECT,
     .output = OPTIONS_TEXT},
    {.name = "every",
     .argument = "DUR",
     .help = "with --follow: the interval of summaries (default 10s; 0: none)",
     .goes = SWITCHES_FOLLOW,
     .take = take_every},
    {.name = "replay",
     .argument = "CONFIG",
     .help = "raise the alerts of that configuration: those that would have been",
     .goes = SWITCHES_READING,
     .take = take_replay},
    {.name = "fail-on-alert",
     .help = "exit with 3 when an alert fired (for CI and cron)",
     .goes = SWITCHES_READING,
     .take = take_fail},
    {.group = "Daemon",
     .letter = 'c',
     .name = "config",
     .argument = "FILE",
     .help = "run as the daemon that FILE describes; see teapotd.conf(5)",
     .goes = SWITCHES_DAEMON | SWITCHES_CHECK,
     .action = OPTIONS_DAEMON,
     .keep = offsetof(struct options, config_file)},
    {.name = "check",
     .help = "with --config: read FILE, say what is wrong with it, and leave",
     .goes = SWITCHES_CHECK,
     .action = OPTIONS_CHECK},
    {.group = "Answers",
     .name = "explain",
     .argument = "CODE",
     .help = "what a code means (also 404.13, 1020), and who has to act; --format: there",
     .goes = SWITCHES_EXPLAIN,
     .action = OPTIONS_EXPLAIN,
     .keep = offsetof(struct options, explain)},
    {.name = "detect",
     .help = "how the FILEs are read: format, how sure, and each field of a line",
     .goes = SWITCHES_DETECT,
     .action = OPTIONS_DETECT},
    {.name = "formats",
     .help = "the names of the formats, and what they are",
     .goes = SWITCHES_FORMATS,
     .action = OPTIONS_FORMATS},
    {.name = "from",
     .argument = "SERVER",
     .help =
         "source sections for the logs that the configuration of nginx, apache, haproxy or caddy "
         "names",
     .goes = SWITCHES_FROM,
     .action = OPTIONS_FROM,
     .keep = offsetof(struct options, from)},
    {.name = "root",
     .argument = "DIR",
     .help = "with --from: the folder that is / to the server",
     .goes = SWITCHES_FROM,
     .keep = offsetof(struct options, root)},
    {.letter = 'h', .name = "help", .help = "this text", .action = OPTIONS_HELP},
    {.letter = 'V', .name = "version", .help = "the version", .action = OPTIONS_VERSION},
};

const struct switches_row *switches_all(size_t *n)
{
    *n = sizeof(rows) / sizeof(rows[0]);
    return rows;
}
