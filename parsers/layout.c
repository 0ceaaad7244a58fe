/*
 * A layout that somebody writes down, or that the reader found in the lines themselves
 * (parsers/lang/learn.c), in our own language (lang/plain.c):
 *
 *     --format layout:'<client> [<clf>] <status> <bytes> <s> "<request>"'
 */
#include "parsers/lang/text.h"

static int open_layout(void *state, struct span args, struct problem *why)
{
    return text_open_plain(state, args.len ? args : SPAN("<client> <status> <text>"), true, why);
}

const struct parser parser_layout = {
    .name = "layout",
    .summary =
        "columns in teapotd's own words, as auto finds them where nothing else fits, or layout:'…'",
    .sample = "192.0.2.7 404 whatever comes then",
    .state_size = sizeof(struct text_state),
    .open = open_layout,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
