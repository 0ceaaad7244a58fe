/*
 * Uvicorn's access lines, which have no time:
 *
 *     INFO:     client:port - "request" status phrase
 */
#include "parsers/lang/text.h"

static int open_uvicorn(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN("INFO: <blanks><client:port> - \"<request>\" <status> ");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_uvicorn = {
    .name = "uvicorn",
    .summary = "Uvicorn",
    .sample = "INFO:     192.0.2.7:54321 - \"GET /tea HTTP/1.1\" 404 Not Found",
    .weight = 7,
    .state_size = sizeof(struct text_state),
    .open = open_uvicorn,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
