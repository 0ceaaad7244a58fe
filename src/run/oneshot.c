/* A scan: its files become sources, and at the end everything that they counted one summary. */
#include "run/oneshot.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "codes/details.h"
#include "config/from.h"
#include "output/json.h"
#include "output/report.h"
#include "run/process.h"
#include "run/scan.h"
#include "run/terminal.h"
#include "run/workers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A reader that went away (`teapotd … | head`) is no failure. */
static int print(const struct options *o, const struct summary *summary)
{
    struct buf out = {0};
    bool as_text =
        o->output == OPTIONS_TEXT || (o->output == OPTIONS_AUTO && terminal_is(STDOUT_FILENO));
    if (as_text) {
        report_summary(&out, summary, terminal_style());
    } else {
        json_summary(&out, summary);
        buf_byte(&out, '\n');
    }
    int r = terminal_write(STDOUT_FILENO, buf_span(&out));
    buf_done(&out);
    if (r && r != -EPIPE) {
        diag_say(DIAG_ERROR, "can't write to standard output: %s", strerror(-r));
    }
    return r == -EPIPE ? 0 : r;
}

/* Puts all sources into one summary and prints it. */
static int summarise(const struct options *o, struct scan *scan)
{
    struct tally all, none;
    struct summary_source *rows = alloc_zero(scan->n_sources, sizeof(*rows));
    char host[256] = "";
    tally_init(&all, o->config.keep, false);
    tally_init(&none, o->config.keep, false);
    for (size_t i = 0; i < scan->n_sources; i++) {
        const struct source *s = scan->sources[i];
        rows[i] = source_summary(s, s->total ? s->total : &none);
        if (s->total) {
            tally_merge(&all, s->total, false);
        }
    }
    all.late = alert_set_late(scan->pipeline->alerts);
    gethostname(host, sizeof(host) - 1);
    struct summary summary = {.kind = SUMMARY_SCAN,
                              .host = host,
                              .seq = 1,
                              .all = &all,
                              .sources = rows,
                              .n_sources = scan->n_sources,
                              .alerts = scan->pipeline->alerts,
                              .alerts_since = INT64_MIN};
    int r = print(o, &summary);
    tally_done(&all);
    tally_done(&none);
    free(rows);
    return r;
}

/* One source for each path of each section; on the command line every FILE is a section of its own.
 */
static void add_sources(struct scan *scan, const struct config *c)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        const struct config_source *section = &c->sources[i];
        for (char **path = section->paths; *path; path++) {
            scan->sources =
                alloc_resize(scan->sources, scan->n_sources + 1, sizeof(struct source *));
            scan->paths = alloc_resize(scan->paths, scan->n_sources + 1, sizeof(char *));
            scan->paths[scan->n_sources] = *path;
            scan->sources[scan->n_sources++] =
                source_new(scan->pipeline, span_is(span_of(*path), "-") ? "stdin" : *path,
                           section->format, section->vendor ? section->vendor : "");
        }
    }
}

/* An unreadable file outranks an alert in the exit status: counts that are incomplete prove
 * nothing. */
int oneshot_scan(const struct options *o)
{
    struct pipeline pipeline;
    struct scan scan = {.pipeline = &pipeline,
                        .threads = workers_threads(o->threads),
                        .wall_ms = clock_wall_ms(),
                        .shows_progress = terminal_is(STDERR_FILENO)};
    process_raise_limits(); /* files are opened ahead */
    pipeline_init(&pipeline, o->config.rules, o->config.n_rules, o->config.keep, NULL, NULL);
    alert_set_maintenance(pipeline.alerts, o->config.maintenances, o->config.n_maintenances);
    add_sources(&scan, &o->config);
    scan_run(&scan);
    int r = summarise(o, &scan);
    bool alerted = alert_set_count(pipeline.alerts) > 0;
    for (size_t i = 0; i < scan.n_sources; i++) {
        source_free(scan.sources[i]);
    }
    free(scan.sources);
    free(scan.paths);
    pipeline_done(&pipeline);
    return r || scan.failed ? EXIT_UNREADABLE : o->fail_on_alert && alerted ? EXIT_ALERT : 0;
}

/* The server that a word names, also one whose logs are not read yet, or whose codes the format of
 * that name shows. 0, or -EINVAL with `why`. */
static int find_server(const char *word, enum server *server, struct problem *why)
{
    struct format format;
    *server = SERVER_UNKNOWN;
    if (!word || server_find(span_of(word), server)) {
        return 0;
    }
    int r = format_read(&format, span_of(word), why);
    if (r == 0) {
        *server = format.parser ? format.parser->server : SERVER_UNKNOWN;
        format_done(&format);
    }
    return r;
}

/* "404.13" and "1020" are no statuses, but have a name too. */
static void explain_detail(const struct options *o, size_t index, struct buf *out)
{
    if (o->output == OPTIONS_JSON) {
        json_explain_detail(out, index);
        buf_byte(out, '\n');
    } else {
        report_explain_detail(out, index, terminal_style());
    }
}

int oneshot_explain(const struct options *o)
{
    uint16_t status = status_slot(span_of(o->explain));
    struct span vendor = span_of(o->vendor ? o->vendor : "");
    struct buf out = {0};
    size_t detail;
    bool is_detail = status == STATUS_NONE && details_find(span_of(o->explain), &detail);
    if (status == STATUS_NONE && !is_detail) {
        diag_say(
            DIAG_ERROR,
            "\"%s\" is no status code: one to three digits, \"-\", \"-1\", or a number of IIS or "
            "Cloudflare such as 404.13 or 1020",
            o->explain);
        return EXIT_USAGE;
    }
    enum server server;
    struct problem why = {0};
    if (find_server(o->format, &server, &why)) {
        problem_say(&why);
        return EXIT_USAGE;
    }
    if (is_detail) {
        explain_detail(o, detail, &out);
    } else if (o->output == OPTIONS_JSON) {
        json_explain(&out, status, server, vendor);
        buf_byte(&out, '\n');
    } else {
        report_explain(&out, status, server, vendor, terminal_style());
    }
    int r = terminal_write(STDOUT_FILENO, buf_span(&out));
    buf_done(&out);
    return r && r != -EPIPE ? EXIT_UNREADABLE : 0;
}

/* A parser's name and what it reads, and below a line of it, cut to the page. */
static void add_format(struct buf *out, const struct parser *p)
{
    enum {
        INDENT = 16,
        WIDTH = 64,
    };
    struct span sample = span_of(p->sample);
    buf_printf(out, "%-*s%s\n", INDENT, p->name, p->summary);
    while (sample.len) {
        size_t n = span_find(sample, '\n');
        buf_printf(out, "%*s", INDENT, "");
        report_escape(out, span_head(sample, n), WIDTH);
        buf_byte(out, '\n');
        sample = span_after(sample, n + 1);
    }
}

int oneshot_formats(void)
{
    struct buf out = {0};
    const struct parser *const *parsers = format_parsers();
    buf_text(&out, "auto            told from the lines themselves (the default)\n");
    for (size_t i = 0; parsers[i]; i++) {
        add_format(&out, parsers[i]);
    }
    int r = terminal_write(STDOUT_FILENO, buf_span(&out));
    buf_done(&out);
    return r && r != -EPIPE ? EXIT_UNREADABLE : 0;
}

int oneshot_from(const struct options *o)
{
    struct buf out = {0};
    struct problem why = {0};
    int r = from_server(span_of(o->from), o->root ? o->root : "", &out, &why);
    if (r) {
        problem_say(&why);
        buf_done(&out);
        return r == -EINVAL ? EXIT_USAGE : EXIT_UNREADABLE;
    }
    r = terminal_write(STDOUT_FILENO, buf_span(&out));
    buf_done(&out);
    return r && r != -EPIPE ? EXIT_UNREADABLE : 0;
}
