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
#include "base/buf.h"
#include "event/field.h"
#include "parsers/lang/syslog.h"
#include "parsers/lang/variants.h"
#include "scan/cursor.h"
#include "scan/find.h"

struct haproxy_state {
    struct variants_state formats; /* of the argument, or the CLF variant */
    struct text_state http;        /* httplog, when there is no argument */
    bool is_custom;
};

/* What httplog consists of, each with the text behind it. Five timers, and a server with its
 * backend, tell this format from others (HAProxy Configuration Manual, "HTTP log format"); the last
 * timer is the total. What is captured has its quotes escaped, so the first quote opens the
 * request. */
static const struct {
    enum field field;
    enum template_shape shape;
    const char *behind;
} httplog[] = {
    {FIELD_CLIENT_PORT, TEMPLATE_WORD, " ["}, {FIELD_TIME_CLF, TEMPLATE_CLF, "] "},
    {FIELD_SKIP, TEMPLATE_WORD, " "},         {FIELD_UPSTREAM, TEMPLATE_WORD, " "},
    {FIELD_TIMERS_MS, TEMPLATE_TIMERS, " "},  {FIELD_STATUS, TEMPLATE_STATUS, " "},
    {FIELD_BYTES, TEMPLATE_NUMBER, " "},      {FIELD_SKIP, TEMPLATE_TEXT, "\""},
    {FIELD_REQUEST, TEMPLATE_TEXT, "\""},
};

/* A few bytes, for which a call of memchr would cost more. */
static bool has_slash(struct span s)
{
    for (size_t i = s.len; i-- > 0;) {
        if (s.ptr[i] == '/') {
            return true;
        }
    }
    return false;
}

enum {
    STATE_BLANKS = 6, /* between the server and the termination state */
};

/* From the termination state up to the request; empty in a line that was cut before that. The
 * blanks are searched for in the request, too: the more bytes, the quicker. */
static inline struct span state_and_captures(const struct event *e)
{
    const char *at = e->upstream.ptr + e->upstream.len, *end = e->request.ptr;
    const char *word =
        e->request.len && at < end ? find_nth(at, end + e->request.len, ' ', STATE_BLANKS) : NULL;
    return word && end - word > 2 ? (struct span){word + 1, (size_t)(end - word - 1)}
                                  : (struct span){0};
}

/* The first word of the rest, when there is one behind it. */
static void find_state(struct event *e, struct span rest)
{
    size_t n = span_find(rest, ' ');
    e->flag = n < rest.len ? span_head(rest, n) : e->flag;
}

static bool is_letter(char c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* Letters, digits, dots and dashes, of which a dot and a word of letters are the end, with or
 * without a port. */
static bool is_host(struct span s)
{
    size_t n = 0, dot = 0;
    for (; n < s.len; n++) {
        char c = s.ptr[n];
        bool is_other = (uint8_t)(c - '-') <= '9' - '-' && c != '/';
        if (!is_letter(c) && !is_other) {
            break;
        }
        dot = c == '.' ? n : dot;
    }
    bool is_ended = n == s.len || s.ptr[n] == ':';
    return is_ended && dot > 0 && n > dot + 2 && is_letter(s.ptr[dot + 1]) &&
           is_letter(s.ptr[n - 1]);
}

/* What was captured has no names, so the first value that looks like a host's is taken for the Host
 * header. The first block is the request's, when there are two; `block` begins in it. */
static __attribute__((noinline)) void find_host(struct event *e, struct span block)
{
    block = span_head(block, span_find(block, '}'));
    while (block.len && e->host.len == 0) {
        struct span value = span_head(block, span_find(block, '|'));
        e->host = is_host(value) ? value : e->host;
        block = span_after(block, value.len + 1);
    }
}

/* A request that HAProxy answered itself has no server. */
static bool forget_no_server(struct event *e)
{
    if (e->upstream.len && e->upstream.ptr[e->upstream.len - 1] == '>' &&
        span_ends(e->upstream, SPAN("/<NOSRV>"))) {
        e->upstream = (struct span){0};
    }
    return true;
}

/* "backend/server". Made once for each kind of check: nearly every line passes here. */
static inline __attribute__((always_inline)) bool check_server(struct event *e, bool wants_host)
{
    if (!has_slash(e->upstream)) {
        return false;
    }
    struct span rest = state_and_captures(e);
    /* A plain answer has a state only when it did not end well. */
    bool is_fine = rest.len > 1 && rest.ptr[0] == '-' && rest.ptr[1] == '-';
    if (!(is_fine && status_is_plain(e->status))) {
        find_state(e, rest);
    }
    const char *open = NULL;
    if (wants_host && rest.len) {
        open = find_byte(rest.ptr, rest.ptr + rest.len, '{');
    }
    if (open) {
        find_host(e, span_after(rest, (size_t)(open - rest.ptr) + 1));
    }
    return forget_no_server(e);
}

static bool has_server(struct event *e)
{
    return check_server(e, false);
}

static bool has_server_and_host(struct event *e)
{
    return check_server(e, true);
}

static int open_httplog(struct text_state *s, struct problem *why)
{
    int r = 0;
    template_init(&s->template, TEMPLATE_RAW);
    for (size_t i = 0; i < sizeof(httplog) / sizeof(httplog[0]) && r == 0; i++) {
        r = template_add_field(&s->template, (uint8_t)httplog[i].field, httplog[i].shape, why);
        r = r ? r : template_add_literal(&s->template, span_of(httplog[i].behind), why);
    }
    r = r ? r : template_finish(&s->template, true, why);
    s->check = has_server_and_host;
    text_prepare(s);
    return r;
}

/* The format without the variables of `names`; false when it has none of them. */
static bool leave_out(struct span format, const char *const *names, struct buf *out)
{
    bool has_any = false;
    out->len = 0;
    while (format.len) {
        size_t taken = 0;
        for (size_t i = 0; names[i] && !taken; i++) {
            struct span name = span_of(names[i]);
            bool is_it = span_starts(format, name) &&
                         !span_starts(span_after(format, name.len), SPAN("l")); /* %hrl */
            taken = is_it ? name.len : 0;
        }
        if (!taken) {
            buf_byte(out, format.ptr[0]);
        }
        has_any = has_any || taken;
        format = span_after(format, taken ? taken : 1);
    }
    return has_any;
}

/* %hr and %hs write nothing where nothing is captured, as for a request that could not be read. */
static int open_custom(struct haproxy_state *s, struct span args, struct problem *why)
{
    static const char *const absent[][3] = {{"%hr", NULL}, {"%hs", NULL}, {"%hr", "%hs", NULL}};
    struct buf plain = {0};
    for (unsigned i = 0; i < VARIANTS; i++) {
        s->formats.formats[i].check = forget_no_server;
    }
    int r = variants_add(&s->formats, text_open_haproxy, args, why);
    for (size_t i = 0; r == 0 && i < sizeof(absent) / sizeof(absent[0]); i++) {
        if (leave_out(args, absent[i], &plain)) {
            r = variants_add(&s->formats, text_open_haproxy, buf_span(&plain), why);
        }
    }
    buf_done(&plain);
    return r;
}

static int open_haproxy(void *state, struct span args, struct problem *why)
{
    struct haproxy_state *s = state;
    s->is_custom = args.len > 0;
    if (s->is_custom) {
        return open_custom(s, args, why);
    }
    struct span clf = SPAN("%ci - - [%trg] %{+Q}r %ST %B \"\" \"\" ");
    int r = open_httplog(&s->http, why);
    return r ? r : variants_add(&s->formats, text_open_haproxy, clf, why);
}

/* The server is what tells httplog, so it is read in any case. */
static void drop_haproxy(void *state, int field)
{
    struct haproxy_state *s = state;
    variants_drop(&s->formats, field);
    if (field == FIELD_HOST) {
        s->http.check = has_server;
    }
    if (!s->is_custom && field != FIELD_UPSTREAM) {
        text_drop(&s->http, field);
    }
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

/* Lines are cut at 1,024 bytes, mostly in the request, which is still worth something; a number of
 * bytes that is cut is another number. */
static void mend_cut(const struct text_state *s, struct span body, struct event *out)
{
    struct span texts[TEMPLATE_STEPS];
    template_read(&s->template, body, texts);
    struct span bytes = texts[s->bytes_at];
    if (bytes.ptr + bytes.len == body.ptr + body.len) {
        out->bytes = EVENT_NO_BYTES;
    }
    field_store(out, FIELD_REQUEST, span_after(body, span_find(body, '"') + 1));
}

/* The CLF variant is tried on what httplog refuses; messages of HAProxy itself come last. */
static enum parse_result parse_haproxy(void *state, struct span line, struct event *out)
{
    struct haproxy_state *s = state;
    struct syslog_header header = {0};
    struct span body;
    if (s->is_custom) {
        return variants_parse(&s->formats, line, out);
    }
    if (!syslog_peel(line, &body, &header)) {
        body = line;
    }
    if (text_parse(&s->http, body, out) == PARSE_OK) {
        if (out->is_partial) {
            mend_cut(&s->http, body, out);
        }
        return PARSE_OK;
    }
    event_clear(out);
    if (variants_parse(&s->formats, body, out) == PARSE_OK) {
        return PARSE_OK;
    }
    return is_message(body) && (header.tag.len == 0 || span_starts(header.tag, SPAN("haproxy")))
               ? PARSE_SKIP
               : PARSE_BAD;
}

static const struct marks_set *marks_haproxy(void *state)
{
    struct haproxy_state *s = state;
    return s->is_custom ? variants_marks(&s->formats) : text_marks(&s->http);
}

static size_t parse_haproxy_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    struct haproxy_state *s = state;
    return s->is_custom ? variants_parse_lines(&s->formats, lines, out, max)
                        : text_parse_lines(&s->http, lines, out, max);
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
    .drop = drop_haproxy,
    .parse = parse_haproxy,
    .marks = marks_haproxy,
    .parse_lines = parse_haproxy_lines,
};
