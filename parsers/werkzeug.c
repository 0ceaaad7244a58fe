/*
 * Werkzeug (Flask) and Python's http.server. The time, local, has a blank before the hour, which
 * tells their lines from common ones:
 *
 *     client - - [22/Nov/2026 16:43:42] "request" status bytes
 */
#include "parsers/lang/text.h"

static bool has_time(struct event *e)
{
    return e->time.len == 20 && e->time.ptr[2] == '/' && e->time.ptr[11] == ' ';
}

static int open_werkzeug(void *state, struct span args, struct problem *why)
{
    struct text_state *s = state;
    if (args.len) {
        return text_refuse(args, why);
    }
    s->check = has_time;
    struct span format = SPAN("<client> - - [<blank-clf>] \"<request>\" <status> <bytes>");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_werkzeug = {
    .name = "werkzeug",
    .summary = "Werkzeug (Flask), http.server of Python",
    .sample = "192.0.2.7 - - [22/Nov/2026 16:43:42] \"GET /tea HTTP/1.1\" 404 -",
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_werkzeug,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
