/*
 * Combined with the virtual host and its port in front, as Debian's other_vhosts_access.log:
 *
 *     host:port client identd user [time] "request" status bytes "referer" "user agent" …
 */
#include "parsers/lang/text.h"

static int open_vhost_combined(void *state, struct span args, struct problem *why)
{
    struct text_state *s = state;
    if (args.len) {
        return text_refuse(args, why);
    }
    s->check = text_has_host;
    struct span format = SPAN("%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"");
    return text_open_apache(state, format, true, why);
}

const struct parser parser_vhost_combined = {
    .name = "vhost_combined",
    .summary = "Combined with host:port in front",
    .sample =
        "shop.example:80 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 200 2326 \"-\" \"curl/7.88.1\"",
    .server = SERVER_APACHE,
    .weight = 4,
    .state_size = sizeof(struct text_state),
    .open = open_vhost_combined,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
