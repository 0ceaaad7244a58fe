/*
 * Werkzeug (Flask), Python's http.server, and Django's. The time, local, has a blank before the
 * hour, which tells their lines from common ones:
 *
 *     client - - [22/Nov/2026 16:43:42] "request" status bytes
 *     [22/Nov/2026 16:43:42] "request" status bytes
 */
#include "parsers/lang/variants.h"

static bool has_time(struct event *e)
{
    return e->time.len == 20 && e->time.ptr[2] == '/' && e->time.ptr[11] == ' ';
}

static int open_werkzeug(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "<client> - - [<blank-clf>] \"<request>\" <status> <bytes>",
        "[<blank-clf>] \"<request>\" <status> <bytes>",
        NULL,
    };
    struct variants_state *s = state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        s->formats[i].check = has_time;
    }
    return variants_open(state, formats, args, why);
}

const struct parser parser_werkzeug = {
    .name = "werkzeug",
    .summary = "Werkzeug (Flask), http.server of Python, Django",
    .sample = "192.0.2.7 - - [22/Nov/2026 16:43:42] \"GET /tea HTTP/1.1\" 404 -",
    .weight = 8,
    .state_size = sizeof(struct variants_state),
    .open = open_werkzeug,
    .drop = variants_drop,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
