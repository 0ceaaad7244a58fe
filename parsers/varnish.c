/*
 * varnishncsa's default format, which is combined with an absolute URI:
 *
 *     client - user [time] "GET http://host/path HTTP/1.1" status bytes "referer" "user agent"
 */
#include "parsers/lang/text.h"

static int open_varnish(void *state, struct span args, struct problem *why)
{
    struct span format = SPAN("%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"");
    return text_open_apache(state, args.len ? args : format, true, why);
}

const struct parser parser_varnish = {
    .name = "varnish",
    .summary = "varnishncsa, or varnish:'its format'",
    .sample =
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET http://shop.example/tea HTTP/1.1\" 503 278 \"-\" \"-\"",
    .server = SERVER_VARNISH,
    .state_size = sizeof(struct text_state),
    .open = open_varnish,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
