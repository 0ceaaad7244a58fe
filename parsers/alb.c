/*
 * Access logs of AWS Application Load Balancers. Elastic Load Balancing writes three times in
 * seconds, of which the second is the target's and counts as duration; -1 where the target gave no
 * answer:
 *
 *     type time name client:port target:port times status target-status received sent "request" …
 */
#include "parsers/lang/text.h"

static int open_alb(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "<word> <iso-utc> <word> <client:port> <upstream> <number> <s> <number> <status> <origin> <number> <bytes> \"<request>\" ");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_alb = {
    .name = "alb",
    .summary = "AWS Application Load Balancer",
    .sample =
        "https 2026-11-22T16:43:42.127531Z app/tea/50dc6c495c0c9188 192.0.2.7:2817 10.0.0.1:80 0.001 0.102 0.000 502 - 225 350 \"GET https://shop.example:443/tea HTTP/1.1\" \"curl/7.88.1\" - -",
    .server = SERVER_ALB,
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_alb,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
