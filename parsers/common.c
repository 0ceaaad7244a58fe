/*
 * NCSA Common Log Format, what Apache calls "common":
 *
 *     client identd user [time] "method target protocol" status bytes
 */
#include "parsers/lang/text.h"

static int open_common(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN("%h %l %u %t \"%r\" %>s %b");
    return text_open_apache(state, format, false, why);
}

const struct parser parser_common = {
    .name = "common",
    .summary = "NCSA Common Log Format",
    .sample = "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 200 2326",
    .weight = 5,
    .state_size = sizeof(struct text_state),
    .open = open_common,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
