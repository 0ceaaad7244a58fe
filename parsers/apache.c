/*
 * Apache httpd: any LogFormat as argument, in the words of mod_log_config; without one the usual
 * three, vhost_combined, combined and common, told apart line by line.
 *
 *     --format apache:'%h %l %u %t "%r" %>s %O %D'
 */
#include "parsers/lang/syslog.h"
#include "parsers/lang/text.h"
#include "scan/find.h"

#include <errno.h>

enum {
    USUAL = 2,
};

struct apache_state {
    struct text_state formats[USUAL];
    unsigned n;             /* how many there are */
    struct marks_set marks; /* of all of them */
};

/* One set for both; no set (n is 0) when one of them can't be walked, or there are too many bytes.
 */
static void join_marks(struct apache_state *s)
{
    char bytes[USUAL * MARKS_BYTES];
    unsigned n = 0;
    bool can_walk = true;
    for (unsigned i = 0; i < s->n; i++) {
        const struct marks_set *set = text_marks(&s->formats[i]);
        can_walk = can_walk && set;
        for (unsigned k = 0; can_walk && k < set->n; k++) {
            bytes[n] = set->bytes[k];
            n += !memchr(bytes, bytes[n], n);
        }
    }
    s->marks.n = 0;
    if (can_walk && n <= MARKS_BYTES) {
        marks_set_init(&s->marks, bytes, n, true);
        marks_set_use_rows(&s->marks);
    }
}

static int open_apache(void *state, struct span args, struct problem *why)
{
    struct apache_state *s = state;
    s->n = args.len ? 1 : USUAL;
    if (args.len) {
        int r = text_open_apache(&s->formats[0], args, true, why);
        join_marks(s);
        return r;
    }
    /* The longer one first: to "%h %l %u", a host with its port is an address like any other. */
    s->formats[0].check = text_has_host;
    int r = text_open_apache(&s->formats[0], SPAN("%v:%p %h %l %u %t \"%r\" %>s %O"), true, why);
    r = r ? r : text_open_apache(&s->formats[1], SPAN("%h %l %u %t \"%r\" %>s %b"), true, why);
    join_marks(s);
    return r;
}

static void drop_apache(void *state, int field)
{
    struct apache_state *s = state;
    for (unsigned i = 0; i < s->n; i++) {
        text_drop(&s->formats[i], field);
    }
    join_marks(s);
}

/* A format that refused the line may have filled some fields, so they are cleared between the two.
 */
static enum parse_result parse_apache(void *state, struct span line, struct event *out)
{
    struct apache_state *s = state;
    if (s->n == 1) {
        return text_parse(&s->formats[0], line, out);
    }
    if (text_parse(&s->formats[0], line, out) == PARSE_OK) {
        return PARSE_OK;
    }
    event_clear(out);
    return text_parse(&s->formats[1], line, out);
}

static const struct marks_set *marks_apache(void *state)
{
    struct apache_state *s = state;
    return s->marks.n ? &s->marks : NULL;
}

/* A first word without a colon is no host with its port; a very long one may be. */
static bool begins_with_host(const char *line)
{
    const char *blank = find_byte(line, line + LINES_SLACK, ' ');
    return !blank || memchr(line, ':', (size_t)(blank - line));
}

/* Lines in a row from the first on that are of the same format, by their first word; none when it
 * comes in an envelope, behind which the word would have to be looked at. */
static size_t count_alike(const struct lines *lines, size_t max)
{
    const char *line = lines->at;
    bool first = begins_with_host(line);
    size_t n = 0;
    while (n < max && line < lines->end && !syslog_may_begin(line) &&
           begins_with_host(line) == first) {
        line = lines->base + lines->mark[n++] + 1;
    }
    return n;
}

/* What only might be of the first format is read the careful way. */
static size_t parse_apache_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    struct apache_state *s = state;
    if (s->n == 1) {
        return text_parse_lines(&s->formats[0], lines, out, max);
    }
    size_t n = count_alike(lines, max);
    bool first = n && begins_with_host(lines->at);
    return n ? text_parse_lines(&s->formats[!first], lines, out, n) : 0;
}

const struct parser parser_apache = {
    .name = "apache",
    .summary = "Apache combined, vhost_combined, common, or apache:'LogFormat'",
    .sample = "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 408 - \"-\" \"-\"",
    .server = SERVER_APACHE,
    .state_size = sizeof(struct apache_state),
    .open = open_apache,
    .drop = drop_apache,
    .parse = parse_apache,
    .marks = marks_apache,
    .parse_lines = parse_apache_lines,
};
