/*
 * Puma's and Rack's common lines, which end with the duration in seconds:
 *
 *     client - user [time] "request" status bytes 0.0042
 */
#include "event/field.h"
#include "parsers/lang/text.h"

/* A whole number at the end is something else's: Rack writes four decimals. */
static bool has_decimals(struct event *e)
{
    return e->duration_ns == 0 || (e->duration_ns > 0 && e->duration_ns % 1000000000 != 0);
}

static int open_puma(void *state, struct span args, struct problem *why)
{
    struct text_state *s = state;
    if (args.len) {
        return text_refuse(args, why);
    }
    s->check = has_decimals;
    struct span format = SPAN("<client> - <text> [<clf>] \"<request>\" <status> <bytes> <s>");
    return text_open_plain(state, format, false, why);
}

static void drop_puma(void *state, int field)
{
    if (field != FIELD_DURATION_S) {
        text_drop(state, field);
    }
}

const struct parser parser_puma = {
    .name = "puma",
    .summary = "Puma and other Rack servers (Ruby): common, with seconds",
    .sample = "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 404 13 0.0042",
    .weight = 6,
    .state_size = sizeof(struct text_state),
    .open = open_puma,
    .drop = drop_puma,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
