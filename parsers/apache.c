/*
 * Apache httpd: any LogFormat as argument, in the words of mod_log_config; without one the usual
 * three, vhost_combined, combined and common, told apart line by line.
 *
 *     --format apache:'%h %l %u %t "%r" %>s %O %D'
 */
#include "parsers/lang/text.h"

#include <errno.h>

enum {
    USUAL = 2,
};

struct apache_state {
    struct text_state formats[USUAL];
    unsigned n; /* how many there are */
};

static int open_apache(void *state, struct span args, struct problem *why)
{
    struct apache_state *s = state;
    s->n = args.len ? 1 : USUAL;
    if (args.len) {
        return text_open_apache(&s->formats[0], args, true, why);
    }
    /* The longer one first: to "%h %l %u", a host with its port is an address like any other. */
    int r = text_open_apache(&s->formats[0], SPAN("%v:%p %h %l %u %t \"%r\" %>s %O"), true, why);
    return r ? r : text_open_apache(&s->formats[1], SPAN("%h %l %u %t \"%r\" %>s %b"), true, why);
}

static void drop_apache(void *state, int field)
{
    struct apache_state *s = state;
    for (unsigned i = 0; i < s->n; i++) {
        text_drop(&s->formats[i], field);
    }
}

/* A format that refused the line may have filled some fields, so they are cleared between the two.
 */
static enum parse_result parse_apache(void *state, struct span line, struct event *out)
{
    struct apache_state *s = state;
    if (s->n == 1) {
        return text_parse(&s->formats[0], line, out);
    }
    if (text_parse_vhost(&s->formats[0], line, out) == PARSE_OK) {
        return PARSE_OK;
    }
    event_clear(out);
    return text_parse(&s->formats[1], line, out);
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
};
