/*
 * Gandi's web hosting: combined with the host in front and the seconds behind the time:
 *
 *     host client identd user [time] (0 s) "request" status bytes "referer" "user agent"
 */
#include "parsers/lang/text.h"

static int open_gandi(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "<host> <client> <word> <text> [<clf>] (<s> s) \"<request>\" <status> <bytes> \"<text>\" \"");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_gandi = {
    .name = "gandi",
    .summary = "Gandi's web hosting",
    .sample =
        "shop.example 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] (0 s) \"GET /tea HTTP/1.1\" 404 783 \"-\" \"curl/7.88.1\"",
    .server = SERVER_APACHE,
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_gandi,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
