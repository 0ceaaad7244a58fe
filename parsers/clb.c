/*
 * Access logs of AWS Classic Load Balancers, without the type that Application Load Balancers write
 * in front. The second of the three times, that of the backend, counts as duration:
 *
 *     time name client:port backend:port times status backend-status received sent "request" …
 */
#include "parsers/lang/text.h"

static int open_clb(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "<iso-utc> <word> <client:port> <upstream> <number> <s> <number> <status> <origin> <number> <bytes> \"<request>\" ");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_clb = {
    .name = "clb",
    .summary = "AWS Classic Load Balancer",
    .sample =
        "2026-11-22T16:43:42.945958Z tea 192.0.2.7:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 \"GET https://shop.example:443/tea HTTP/1.1\" \"curl/7.88.1\" - -",
    .server = SERVER_CLB,
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_clb,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
