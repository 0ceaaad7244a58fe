/*
 * HAProxy: option httplog and httpslog, with or without a syslog header, option httplog clf, or any
 * log-format as argument:
 *
 *     client:port [time] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cookie cookie state
 *       conns queues {captured|request} {captured|response} "request" [tls fields]
 *
 * Status and bytes come before the captures, whose number and contents nobody can know, so a line
 * that was cut at 1,024 bytes still has them. Quotes are written as #22; a backslash is just a
 * backslash.
 */
#include "event/field.h"
#include "parsers/lang/syslog.h"
#include "parsers/lang/text.h"
#include "scan/cursor.h"

struct haproxy_state {
    struct text_state format; /* of the argument, or the CLF variant */
    bool is_custom;
};

static int open_haproxy(void *state, struct span args, struct problem *why)
{
    struct haproxy_state *s = state;
    s->is_custom = args.len > 0;
    struct span clf = SPAN("%ci - - [%trg] %{+Q}r %ST %B \"\" \"\" ");
    return text_open_haproxy(&s->format, args.len ? args : clf, true, why);
}

/* Timers are slash-separated; the last one is the total, with a "+" in front under logasap. */
static void store_timers(struct event *out, struct span timers)
{
    size_t i = timers.len;
    while (i > 0 && timers.ptr[i - 1] != '/') {
        i--;
    }
    field_store(out, FIELD_DURATION_MS, span_after(timers, i));
}

static unsigned slashes(struct span word)
{
    unsigned n = 0;
    for (size_t i = 0; i < word.len; i++) {
        n += word.ptr[i] == '/';
    }
    return n;
}

/* Five timers, and a server with its backend, tell this format from others (HAProxy Configuration
 * Manual, "HTTP log format"). */
static bool read_httplog(struct span body, struct event *out)
{
    struct cursor c = cursor_over(body);
    field_store(out, FIELD_CLIENT_PORT, cursor_word(&c));
    cursor_byte(&c, '[');
    field_store(out, FIELD_TIME_CLF, cursor_until(&c, ']'));
    cursor_byte(&c, ' ');
    cursor_word(&c); /* frontend */
    struct span server = cursor_word(&c);
    struct span timers = cursor_word(&c);
    struct span status = cursor_word(&c);
    if (c.failed || slashes(timers) != 4 || slashes(server) < 1) {
        return false;
    }
    if (!span_ends(server, SPAN("/<NOSRV>"))) {
        field_store(out, FIELD_UPSTREAM, server);
    }
    if (c.at == c.end) {
        return false; /* cut: 50 may have been 502 */
    }
    store_timers(out, timers);
    field_store(out, FIELD_STATUS, status);
    struct span bytes = cursor_word(&c);
    if (c.at < c.end) {
        field_store(out, FIELD_BYTES, bytes);
    }

    /* What is captured has its quotes escaped, so the first quote opens the request. */
    cursor_until(&c, '"');
    struct span rest = cursor_rest(&c);
    size_t quote = span_find(rest, '"');
    out->is_partial = c.failed || quote == rest.len;
    if (!c.failed) {
        field_store(out, FIELD_REQUEST, span_head(rest, quote));
    }
    return out->status != STATUS_NONE;
}

/* HAProxy logs about itself and about connections that never became requests. */
static bool is_message(struct span body)
{
    static const char *const starts[] = {"Server ",  "Backup Server ", "backend ",
                                         "Proxy ",   "Health check ",  "Stopping ",
                                         "Pausing ", "Connect from "};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (span_starts(body, span_of(starts[i]))) {
            return true;
        }
    }
    struct cursor c = cursor_over(body);
    cursor_word(&c);
    cursor_byte(&c, '[');
    cursor_until(&c, ']');
    cursor_byte(&c, ' ');
    struct span bind = cursor_word(&c); /* "secure/1:" of "secure/1: SSL handshake failure" */
    return !c.failed && bind.len > 1 && bind.ptr[bind.len - 1] == ':';
}

/* The CLF variant is tried on what httplog refuses; messages of HAProxy itself come last. */
static enum parse_result parse_haproxy(void *state, struct span line, struct event *out)
{
    struct haproxy_state *s = state;
    struct syslog_header header = {0};
    struct span body;
    if (s->is_custom) {
        return text_parse(&s->format, line, out);
    }
    if (!syslog_peel(line, &body, &header)) {
        body = line;
    }
    if (read_httplog(body, out)) {
        return PARSE_OK;
    }
    event_clear(out);
    if (text_parse(&s->format, body, out) == PARSE_OK) {
        return PARSE_OK;
    }
    return is_message(body) && (header.tag.len == 0 || span_starts(header.tag, SPAN("haproxy")))
               ? PARSE_SKIP
               : PARSE_BAD;
}

const struct parser parser_haproxy = {
    .name = "haproxy",
    .summary = "HAProxy httplog, httpslog, clf, in syslog or not, or haproxy:'log-format'",
    .sample =
        "Nov 22 16:47:54 web1 haproxy[28767]: 127.0.0.1:45497 [22/Nov/2026:16:47:54.877] web bk/s2 0/0/0/-1/4 502 "
        "209 - - SH-- 5/1/0/0/0 0/0 {shop.example|curl} {|} \"GET /tea HTTP/1.1\"",
    .server = SERVER_HAPROXY,
    .weight = 8,
    .state_size = sizeof(struct haproxy_state),
    .open = open_haproxy,
    .parse = parse_haproxy,
};
