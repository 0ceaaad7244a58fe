/*
 * Amazon CloudFront's standard logs: W3C extended, but values are divided by tabs. What tells them
 * is a column that nobody else has:
 *
 *     #Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status …
 */
#define _GNU_SOURCE /* memmem */

#include "parsers/lang/w3c.h"

struct cloudfront_state {
    bool is_told; /* the #Fields line was CloudFront's */
    struct w3c_state w3c;
};

static int open_cloudfront(void *state, struct span args, struct problem *why)
{
    struct cloudfront_state *s = state;
    s->is_told = args.len > 0; /* who names the fields need not wait for them */
    return w3c_open(&s->w3c, args, why);
}

static void drop_cloudfront(void *state, int field)
{
    w3c_drop(&((struct cloudfront_state *)state)->w3c, field);
}

static enum parse_result parse_cloudfront(void *state, struct span line, struct event *out)
{
    struct cloudfront_state *s = state;
    if (span_starts(line, SPAN("#Fields:"))) {
        s->is_told = memmem(line.ptr, line.len, " x-edge-location ", 17) != NULL;
    }
    bool is_directive = line.len && line.ptr[0] == '#';
    return s->is_told || is_directive ? w3c_parse(&s->w3c, line, out) : PARSE_BAD;
}

static const struct marks_set *marks_cloudfront(void *state)
{
    struct cloudfront_state *s = state;
    return s->is_told ? w3c_lines_marks(&s->w3c) : NULL;
}

static size_t parse_cloudfront_lines(void *state, struct lines *lines, struct event *out,
                                     size_t max)
{
    return w3c_lines_parse(&((struct cloudfront_state *)state)->w3c, lines, out, max);
}

const struct parser parser_cloudfront = {
    .name = "cloudfront",
    .summary = "Amazon CloudFront standard logs",
    .sample =
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
        "time-taken\n"
        "2026-11-22\t16:43:42\tFRA50-C1\t170\t192.0.2.7\tGET\td111.cloudfront.net\t/"
        "tea\t502\t0.002",
    .server = SERVER_CLOUDFRONT,
    .weight = 9,
    .state_size = sizeof(struct cloudfront_state),
    .memory_size = offsetof(struct cloudfront_state, w3c) + W3C_MEMORY,
    .open = open_cloudfront,
    .drop = drop_cloudfront,
    .parse = parse_cloudfront,
    .marks = marks_cloudfront,
    .parse_lines = parse_cloudfront_lines,
};
