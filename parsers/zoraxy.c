/*
 * Zoraxy's request lines:
 *
 *     date time [time] [router:name] [origin:host] [client: a] [useragent: u] METHOD target status
 */
#include "parsers/lang/text.h"

static int open_zoraxy(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "<text> [<iso>] [router:<word>] [origin:<host>] [client: <client>] [useragent: <text>] <method> <target> <status>");
    return text_open_plain(state, format, false, why);
}

const struct parser parser_zoraxy = {
    .name = "zoraxy",
    .summary = "Zoraxy",
    .sample =
        "2026/11/22 16:43:42 [2026-11-22 16:43:42.150624] [router:host-http] [origin:shop.example] [client: 192.0.2.7] [useragent: curl/7.88.1] GET /tea 404",
    .weight = 9,
    .state_size = sizeof(struct text_state),
    .open = open_zoraxy,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
