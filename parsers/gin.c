/*
 * The lines of Go's gin, with a local time:
 *
 *     [GIN] 2026/11/22 - 16:43:42 | 200 |     109.5µs |       192.0.2.7 | GET      "/tea"
 */
#include "parsers/lang/text.h"

static int open_gin(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN("[GIN] <dashed> | <status> |<blanks><duration> |<blanks><client> | "
                              "<method> <blanks>\"<target>\"");
    return text_open_plain(state, format, false, why);
}

const struct parser parser_gin = {
    .name = "gin",
    .summary = "gin (Go)",
    .sample =
        "[GIN] 2026/11/22 - 16:43:42 | 404 |     109.542µs |       192.0.2.7 | GET      \"/tea\"",
    .weight = 9,
    .state_size = sizeof(struct text_state),
    .open = open_gin,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
