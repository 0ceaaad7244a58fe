/*
 * lighttpd's default: combined, but the second word is the virtual host:
 *
 *     client host user [time] "request" status bytes "referer" "user agent"
 */
#include "parsers/lang/text.h"

static int open_lighttpd(void *state, struct span args, struct problem *why)
{
    struct span format = SPAN("%h %V %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"");
    return text_open_apache(state, args.len ? args : format, true, why);
}

const struct parser parser_lighttpd = {
    .name = "lighttpd",
    .summary = "lighttpd, or lighttpd:'accesslog.format'",
    .sample =
        "192.0.2.7 shop.example - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 200 365 \"-\" \"-\"",
    .server = SERVER_LIGHTTPD,
    .state_size = sizeof(struct text_state),
    .open = open_lighttpd,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
