/*
 * The lines of Go's chi, with a local time; the id of a request is there when it has one:
 *
 *     2026/11/22 16:43:42 [web1/abc-1] "GET http://shop.example/tea HTTP/1.1" from 192.0.2.7:5 -
 * 200 13B in 25µs
 */
#include "parsers/lang/variants.h"

static int open_chi(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "<iso> [<word>] \"<request>\" from <client:port> - <status> <bytes>B in <duration>",
        "<iso> \"<request>\" from <client:port> - <status> <bytes>B in <duration>",
        NULL,
    };
    return variants_open(state, formats, args, why);
}

const struct parser parser_chi = {
    .name = "chi",
    .summary = "chi (Go)",
    .sample =
        "2026/11/22 16:43:42 [web1/abc-000001] \"GET http://shop.example/tea HTTP/1.1\" from 192.0.2.7:51734 - 404 19B in 25.292µs",
    .weight = 8,
    .state_size = sizeof(struct variants_state),
    .open = open_chi,
    .drop = variants_drop,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
