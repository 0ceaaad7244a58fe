/*
 * The combined format of Apache and nginx: common, then referer and user agent; more fields may
 * follow:
 *
 *     client identd user [time] "request" status bytes "referer" "user agent" …
 */
#include "parsers/lang/text.h"

static int open_combined(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN("%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"");
    return text_open_apache(state, format, true, why);
}

const struct parser parser_combined = {
    .name = "combined",
    .summary = "Apache and nginx combined, more fields may follow",
    .sample =
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 200 2326 \"-\" \"curl/7.88.1\"",
    .weight = 3,
    .state_size = sizeof(struct text_state),
    .open = open_combined,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
