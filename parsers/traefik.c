/*
 * Traefik's access log: its text (accessLog.format = common, the default), or JSON lines (json):
 *
 *     client - user [time] "request" status bytes "referer" "user agent" number "router" "URL" 12ms
 *     {"ClientHost":"192.0.2.7","DownstreamStatus":502,"OriginStatus":502,"Duration":3034764, …}
 *
 * DownstreamStatus is what the client got; OriginStatus, what the server behind said, is no count
 * of ours. JSON's durations are nanoseconds. Messages of Traefik itself have no status.
 */
#include "parsers/lang/records.h"
#include "parsers/lang/text.h"

static const struct records_key traefik_keys[] = {
    {"DownstreamStatus", FIELD_STATUS},
    {"StartUTC", FIELD_TIME_ANY},
    {"time", FIELD_TIME_ANY},
    {"Duration", FIELD_DURATION_NS},
    {"DownstreamContentSize", FIELD_BYTES},
    {"ClientHost", FIELD_CLIENT},
    {"RequestHost", FIELD_HOST},
    {"ServiceAddr", FIELD_UPSTREAM},
    {"BackendAddr", FIELD_UPSTREAM},
    {"OriginStatus", FIELD_ORIGIN},
    {NULL, FIELD_SKIP},
};

struct traefik_state {
    struct text_state text;
    struct records_state json;
    bool is_json; /* the line before was JSON: those after it will be, too */
};

/* The server is written as a URL, or as a dash or slash when there was none. */
static bool has_server(struct event *e)
{
    size_t scheme = span_starts(e->upstream, SPAN("https://")) ? 8 : 7;
    bool is_url = scheme == 8 || span_starts(e->upstream, SPAN("http://"));
    e->upstream = is_url ? span_after(e->upstream, scheme) : (struct span){0};
    return true;
}

static int open_traefik(void *state, struct span args, struct problem *why)
{
    struct traefik_state *s = state;
    struct span format =
        SPAN("<client> <word> <text> [<clf>] \"<request>\" <status> <bytes> <text> "
             "\"<text>\" <number> \"<text>\" \"<upstream>\" <ms>ms");
    int r = records_open(&s->json, args, traefik_keys, NULL, why);
    s->text.check = has_server;
    return r ? r : text_open_plain(&s->text, format, true, why);
}

static void drop_traefik(void *state, int field)
{
    struct traefik_state *s = state;
    text_drop(&s->text, field);
    keys_drop(&s->json, field);
}

/* No object of JSON is of the text's form: its quotes would have to stand outside of strings. */
static enum parse_result parse_traefik(void *state, struct span line, struct event *out)
{
    struct traefik_state *s = state;
    s->is_json = line.len && line.ptr[0] == '{';
    return s->is_json ? records_parse(&s->json, line, out) : text_parse(&s->text, line, out);
}

static const struct marks_set *marks_traefik(void *state)
{
    struct traefik_state *s = state;
    return s->is_json ? keys_marks(&s->json) : text_marks(&s->text);
}

/* A line that is not of the marks' kind ends the row. */
static size_t parse_traefik_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    struct traefik_state *s = state;
    bool is_text = text_marks(&s->text) == lines->set;
    const char *line = lines->at;
    size_t n = 0;
    while (n < max && line < lines->end && (*line == '{') != is_text) {
        line = lines->base + lines->mark[n++] + 1;
    }
    return n == 0    ? 0
           : is_text ? text_parse_lines(&s->text, lines, out, n)
                     : records_parse_lines(&s->json, lines, out, n);
}

const struct parser parser_traefik = {
    .name = "traefik",
    .summary = "Traefik's access log, text or JSON",
    .sample =
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 502 11 \"-\" \"curl/7.88.1\" 262 \"tea@docker\" \"http://10.0.0.1:80\" 2ms",
    .server = SERVER_TRAEFIK,
    .weight = 8,
    .state_size = sizeof(struct traefik_state),
    .open = open_traefik,
    .drop = drop_traefik,
    .parse = parse_traefik,
    .marks = marks_traefik,
    .parse_lines = parse_traefik_lines,
};
