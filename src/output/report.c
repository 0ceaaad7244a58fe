/*
 * The report reads from the most urgent to the least: headline, alerts, classes, codes; then when
 * and where; then what teapotd itself could not do. Everything from the log goes through escape.c,
 * and every line ends within the width (page.c, grid.c).
 */
#include "output/report.h"

#include "base/alloc.h"
#include "codes/details.h"
#include "codes/verdict.h"
#include "output/escape.h"
#include "output/headline.h"
#include "output/tables.h"

#include <stdlib.h>

enum {
    REPORT_ALERTS = 10,
    REPORT_REASONS = 10, /* sources whose format is explained */
    REPORT_INDENT = 2,
};

static struct page styled_page(struct buf *out, struct report_style style)
{
    return page_over(out, style.columns, style.colours, style.unicode);
}

/* What is over needs no alarm. */
static enum page_colour alert_colour(const struct alert *a)
{
    return a->state != ALERT_FIRING       ? PAGE_BOLD
           : a->severity == RULE_CRITICAL ? PAGE_RED
                                          : PAGE_YELLOW;
}

/* The wall clock of the log, how bad, whether it is over, and which series. */
static void add_alert_head(struct buf *to, const struct alert *a)
{
    char text[PAGE_CELL];
    const char *severity = rule_severity_name(a->severity);
    const char *const names[] = {a->source, a->host, a->route, a->upstream};
    buf_printf(to, "%s  %s %s", page_time(a->at, text), severity, alert_state_name(a->state));
    if (a->state == ALERT_RESOLVED) {
        buf_printf(to, " after %s", page_span(a->resolved_at - a->since, text));
    }
    if (a->silenced) {
        buf_text(to, ", silenced");
    }
    buf_printf(to, "  %s", a->rule);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        buf_printf(to, "%s%s", names[i][0] ? " " : "", names[i]);
    }
}

/* The facts in one line, then the sentence that says what is going on. */
static void write_alert(struct page *p, const struct alert *a)
{
    struct buf head = {0};
    add_alert_head(&head, a);
    page_wrapped(p, REPORT_INDENT, alert_colour(a), buf_span(&head));
    page_wrapped(p, 2 * REPORT_INDENT, PAGE_PLAIN, span_of(a->summary));
    buf_done(&head);
}

/* Writes the alerts in one state as long as there is room, and counts all of them. */
static size_t write_alerts_in(struct page *p, const struct summary *s, enum alert_state state,
                              size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < alert_set_count(s->alerts); i++) {
        const struct alert *a = alert_set_at(s->alerts, i);
        if (a->state == state && n++ < room) {
            write_alert(p, a);
        }
    }
    return n;
}

/* Those that fire come first, for they may need somebody now. */
static void write_alerts(struct page *p, const struct summary *s)
{
    if (!s->alerts || alert_set_count(s->alerts) == 0) {
        return;
    }
    page_heading(p, "Alerts");
    size_t n = write_alerts_in(p, s, ALERT_FIRING, REPORT_ALERTS);
    n += write_alerts_in(p, s, ALERT_RESOLVED, n < REPORT_ALERTS ? REPORT_ALERTS - n : 0);
    if (n > REPORT_ALERTS) {
        char *more = alloc_printf("and %zu more", n - REPORT_ALERTS);
        page_wrapped(p, REPORT_INDENT, PAGE_DIM, span_of(more));
        free(more);
    }
}

/* Which formats were chosen and why; of a single source the headline has said it. */
static void write_reasons(struct page *p, const struct summary *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_sources && s->n_sources > 1; i++) {
        const struct summary_source *source = &s->sources[i];
        if (!source->format_reason || n++ >= REPORT_REASONS) {
            continue;
        }
        if (n == 1) {
            page_heading(p, "Formats");
        }
        char *line =
            alloc_printf("%s: %s (%s)", source->name, source->format, source->format_reason);
        page_wrapped(p, REPORT_INDENT, PAGE_PLAIN, span_of(line));
        free(line);
    }
    if (n > REPORT_REASONS) {
        char *more = alloc_printf("and %zu more", n - REPORT_REASONS);
        page_wrapped(p, REPORT_INDENT, PAGE_DIM, span_of(more));
        free(more);
    }
}

/* Samples as they stand in the log, so that a person sees what format it is; then what to do. */
static void write_unparsed(struct page *p, const struct tally *t)
{
    static const char hint[] =
        "If they are requests, say how they are written: --format NAME (teapotd --formats lists "
        "the names), or the setting of the server itself, as in --format nginx:'$remote_addr "
        "$status ...', apache:'%h %>s ...', haproxy:'...', envoy:'...'.";
    char text[PAGE_CELL];
    struct buf line = {0};
    if (t->unparsed == 0) {
        return;
    }
    page_heading(p, "Lines that were not understood");
    buf_printf(&line, "%s of ", page_number(t->unparsed, text));
    buf_printf(&line, "%s (", page_number(t->lines, text));
    buf_printf(&line, "%s)", page_share(t->unparsed, t->lines, text));
    page_wrapped(p, REPORT_INDENT, PAGE_YELLOW, buf_span(&line));
    for (uint32_t i = 0; i < t->n_samples; i++) {
        page_blanks(p, 2 * REPORT_INDENT);
        escape_terminal(p->out, (struct span){t->samples[i].text, t->samples[i].len},
                        p->width - 2 * REPORT_INDENT, p->unicode);
        page_line_end(p);
    }
    page_wrapped(p, REPORT_INDENT, PAGE_PLAIN, span_of(hint));
    buf_done(&line);
}

void report_summary(struct buf *out, const struct summary *s, struct report_style style)
{
    struct page p = styled_page(out, style);
    headline_write(&p, s);
    write_alerts(&p, s);
    tables_classes(&p, s->all);
    tables_codes(&p, s->all);
    tables_timeline(&p, tally_timeline(s->all));
    tables_blame(&p, s->all);
    tables_reasons(&p, s->all);
    tables_names(&p, s->all, TALLY_HOSTS);
    tables_names(&p, s->all, TALLY_ROUTES);
    tables_names(&p, s->all, TALLY_UPSTREAMS);
    tables_origins(&p, s->all);
    tables_names(&p, s->all, TALLY_CLIENTS);
    tables_durations(&p, s->all);
    tables_sources(&p, s);
    write_reasons(&p, s);
    write_unparsed(&p, s->all);
}

/* In one line however long: it goes into a stream that programs cut at line ends. */
void report_alert(struct buf *out, const struct alert *a, struct report_style style)
{
    struct page p = styled_page(out, style);
    struct buf line = {0}, safe = {0};
    add_alert_head(&line, a);
    buf_printf(&line, ": %s", a->summary);
    escape_terminal(&safe, buf_span(&line), SIZE_MAX, style.unicode);
    page_text(&p, alert_colour(a), buf_span(&safe));
    page_line_end(&p);
    buf_done(&safe);
    buf_done(&line);
}

void report_escape(struct buf *out, struct span bytes, size_t max)
{
    escape_terminal(out, bytes, max, true);
}

/* "nginx, apache and any other" for the formats in which an entry is what a log means. */
static void add_formats(struct buf *to, size_t index)
{
    const struct code *code = codes_at(index);
    size_t n = 0;
    for (enum server server = SERVER_UNKNOWN + 1; server < SERVERS; server++) {
        if (verdict_entry(code->status, server, (struct span){0}) == index) {
            buf_printf(to, "%s%s", n++ ? ", " : "", server_name(server));
        }
    }
    if (verdict_entry(code->status, SERVER_UNKNOWN, (struct span){0}) == index) {
        buf_text(to, n ? ", and where the format does not tell"
                       : "any server, where the format does not tell");
        n++;
    }
    if (n == 0) {
        buf_printf(to, "none by itself; with --vendor %s", code->owner);
    }
}

/* One meaning: who says so, who has to act, what it means, and in whose logs. */
static void write_entry(struct page *p, size_t index)
{
    const struct code *code = codes_at(index);
    struct buf line = {0};
    buf_printf(&line, "%s %s (%s)", code->code, code->name, code->owner);
    page_line_end(p);
    page_wrapped(p, 0, PAGE_BOLD, buf_span(&line));
    buf_clear(&line);
    buf_printf(&line, "class %s, %s, blame: %s", status_class_name(status_class(code->status)),
               code_kind_name(code->kind), blame_name(code->blame));
    page_wrapped(p, REPORT_INDENT, PAGE_PLAIN, buf_span(&line));
    page_wrapped(p, REPORT_INDENT, PAGE_PLAIN, span_of(code->meaning));
    buf_clear(&line);
    buf_text(&line, "In logs of: ");
    add_formats(&line, index);
    page_wrapped(p, REPORT_INDENT, PAGE_PLAIN, buf_span(&line));
    buf_clear(&line);
    buf_printf(&line, "Source: %s", code->spec);
    page_wrapped(p, REPORT_INDENT, PAGE_DIM, buf_span(&line));
    buf_done(&line);
}

/* The sentence that answers the question; the rest is detail. */
static void write_answer(struct page *p, uint16_t status, enum server server, size_t chosen)
{
    char word[STATUS_TEXT];
    const char *place = server == SERVER_UNKNOWN ? "" : " in logs of ";
    const char *name = server == SERVER_UNKNOWN ? "" : server_name(server);
    struct buf line = {0};
    buf_printf(&line, "%s is ", status_text(status, word));
    if (chosen != VERDICT_UNASSIGNED) {
        buf_printf(&line, "%s (%s)%s%s", codes_at(chosen)->name, codes_at(chosen)->owner, place,
                   name);
    } else {
        buf_printf(&line, "unassigned%s%s; its class is %s", place, name,
                   status_class_name(status_class(status)));
    }
    page_wrapped(p, 0, PAGE_BOLD, buf_span(&line));
    buf_done(&line);
}

/* The entries of a status beside the chosen one. */
static void write_others(struct page *p, uint16_t status, size_t chosen)
{
    bool first = true;
    for (size_t i = 0; i < codes_count(); i++) {
        if (codes_at(i)->status != status || i == chosen) {
            continue;
        }
        if (first) {
            page_heading(p, "It means something else where another server or vendor wrote it:");
        }
        write_entry(p, i);
        first = false;
    }
}

void report_explain(struct buf *out, uint16_t status, enum server server, struct span vendor,
                    struct report_style style)
{
    struct page p = styled_page(out, style);
    if (status >= STATUS_SLOTS) {
        page_wrapped(&p, 0, PAGE_BOLD, SPAN("That is not a status code."));
        return;
    }
    size_t chosen = verdict_entry(status, server, vendor);
    write_answer(&p, status, server, chosen);
    if (chosen != VERDICT_UNASSIGNED) {
        write_entry(&p, chosen);
    }
    if (server == SERVER_UNKNOWN && vendor.len == 0) {
        write_others(&p, status, chosen);
    }
}

void report_explain_detail(struct buf *out, size_t index, struct report_style style)
{
    struct page p = styled_page(out, style);
    const struct detail *d = details_at(index);
    struct buf line = {0};
    buf_printf(&line, "%s is %s (%s)", d->word, d->name, d->owner);
    page_wrapped(&p, 0, PAGE_BOLD, buf_span(&line));
    line.len = 0;
    buf_printf(&line, "To blame, as a rule: %s.", blame_name(d->blame));
    page_wrapped(&p, REPORT_INDENT, PAGE_PLAIN, buf_span(&line));
    page_wrapped(&p, REPORT_INDENT, PAGE_DIM,
                 d->substatus || d->code < 1000
                     ? SPAN("The second number is the sub-status, sc-substatus in IIS's log.")
                     : SPAN("It stands in the body of the error page and in cf-error-type, beside "
                            "a status of 403, 409, 429 or 530."));
    buf_done(&line);
}
