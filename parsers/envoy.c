/*
 * Envoy's default text and Istio's, also with Ambassador's ACCESS in front, or any format as
 * argument:
 *
 *     [time] "request" status flags received sent ms upstream-ms "forwarded for" "user agent" "id"
 *       "host" "upstream"
 *     [time] "request" status flags details termination "failure" received sent ms upstream-ms
 *       "forwarded for" "user agent" "id" "host" "upstream" …
 */
#include "parsers/lang/variants.h"

/* A TCP connection is written as a request of dashes without a status, "0". */
static bool is_request(struct event *e)
{
    return e->status < 1000 || !span_is(e->request, "- - -");
}

static enum parse_result parse_envoy(void *state, struct span line, struct event *out)
{
    enum parse_result got = variants_parse(state, line, out);
    struct span body = span_after(line, span_find(line, ']'));
    return got == PARSE_BAD && span_starts(body, SPAN("] \"- - -\" 0 ")) ? PARSE_SKIP : got;
}

static int open_envoy(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "[<iso-utc>] \"<request>\" <status> <flag> <number> <bytes> <ms> <number> \"<text>\" \"<text>\" \"<text>\" \"<host>\" \"<upstream>\"",
        "[<iso-utc>] \"<request>\" <status> <flag> <flag-more> <text> \"<text>\" <number> <bytes> <ms> <number> \"<text>\" \"<text>\" \"<text>\" \"<host>\" \"<upstream>\"",
        "ACCESS [<iso-utc>] \"<request>\" <status> <flag> <number> <bytes> <ms> <number> \"<text>\" \"<text>\" \"<text>\" \"<host>\" \"<upstream>\"",
        NULL,
    };
    struct variants_state *s = state;
    if (args.len == 0) {
        for (unsigned i = 0; i < VARIANTS; i++) {
            s->formats[i].check = is_request;
        }
        return variants_open(s, formats, args, why);
    }
    s->n = 1;
    return text_open_envoy(&s->formats[0], args, true, why);
}

const struct parser parser_envoy = {
    .name = "envoy",
    .summary = "Envoy's default text, Istio's, or envoy:'its format'",
    .sample =
        "[2026-11-22T16:43:42.127Z] \"GET /tea HTTP/1.1\" 503 UH 0 19 12 - \"-\" \"curl/7.88.1\" \"785918d6-06b6-9312-bf77-6d9bd968dc21\" \"shop.example\" \"10.0.0.1:80\"",
    .server = SERVER_ENVOY,
    .weight = 8,
    .state_size = sizeof(struct variants_state),
    .open = open_envoy,
    .drop = variants_drop,
    .parse = parse_envoy,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
