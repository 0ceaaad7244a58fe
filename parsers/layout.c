/*
 * A layout that somebody writes down, or that the reader found in the lines themselves
 * (parsers/lang/learn.c), in our own language (lang/plain.c):
 *
 *     --format layout:'<client> [<clf>] <status> <bytes> <s> "<request>"'
 */
#include "parsers/lang/text.h"

#include <errno.h>

static int open_layout(void *state, struct span args, struct problem *why)
{
    if (args.len == 0) {
        problem_set(why, "layout needs its columns: layout:'<client> [<clf>] <status>'");
        return -EINVAL;
    }
    return text_open_plain(state, args, true, why);
}

const struct parser parser_layout = {
    .name = "layout",
    .summary =
        "columns in teapotd's own words, as auto finds them where nothing else fits, or layout:'…'",
    .sample = "",
    .state_size = sizeof(struct text_state),
    .open = open_layout,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
