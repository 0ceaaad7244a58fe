/*
 * The formats of Node's morgan that are its own (common and combined are everybody's), which have
 * no time:
 *
 *     dev      method target status ms ms - bytes
 *     tiny     method target status bytes - ms ms
 *     short    client user method target HTTP/version status bytes - ms ms
 *
 * "-" stands where the answer never ended.
 */
#include "event/field.h"
#include "parsers/lang/variants.h"

/* Prose may look like it, so the method must be in capitals, the target be one, and the line whole.
 */
static bool is_request(struct event *e)
{
    for (size_t i = 0; i < e->method.len; i++) {
        if (e->method.ptr[i] < 'A' || e->method.ptr[i] > 'Z') {
            return false;
        }
    }
    return !e->is_partial && e->method.len > 2 && e->target.len &&
           (e->target.ptr[0] == '/' || e->target.ptr[0] == '*' ||
            span_starts(e->target, SPAN("http")));
}

static int open_morgan(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "<method> <target> <status> <ms> ms - <bytes>",
        "<method> <target> <status> <bytes> - <ms> ms",
        "<client> <word> <method> <target> HTTP/<word> <status> <bytes> - <ms> ms",
        NULL,
    };
    struct variants_state *s = state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        s->formats[i].check = is_request;
    }
    return variants_open(state, formats, args, why);
}

/* What tells it from prose is never left out. */
static void drop_morgan(void *state, int field)
{
    if (field != FIELD_METHOD && field != FIELD_TARGET) {
        variants_drop(state, field);
    }
}

const struct parser parser_morgan = {
    .name = "morgan",
    .summary = "morgan (Node.js): dev, tiny, short",
    .sample = "GET /tea 404 4.123 ms - 13",
    .weight = 7,
    .state_size = sizeof(struct variants_state),
    .open = open_morgan,
    .drop = drop_morgan,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
