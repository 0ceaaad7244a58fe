/*
 * Hypercorn and Daphne: common or combined with the client's port, and without "HTTP/" in the
 * request. Daphne's time has no zone.
 *
 *     client:port - - [time] "GET /tea 1.1" status bytes "referer" "user agent"
 *     client:port - - [time] "GET /tea" status bytes
 */
#include "event/field.h"
#include "parsers/lang/text.h"

/* The version is no part of the target. */
static struct span without_version(struct span request)
{
    static const char *const versions[] = {" 1.1", " 2", " 1.0", " 3"};
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (span_ends(request, span_of(versions[i]))) {
            return span_head(request, request.len - strlen(versions[i]));
        }
    }
    return request;
}

/* The last part of an IPv6 address is no port; with one, the address is in brackets. */
static bool has_port(struct event *e)
{
    struct span client = e->client;
    char behind = client.len ? client.ptr[client.len] : ' ';
    bool is_address = span_find(client, ':') == client.len;
    e->request = without_version(e->request);
    return behind == ']' || (behind == ':' && is_address);
}

static int open_hypercorn(void *state, struct span args, struct problem *why)
{
    struct text_state *s = state;
    if (args.len) {
        return text_refuse(args, why);
    }
    s->check = has_port;
    struct span format = SPAN("<client:port> - - [<clf>] \"<request>\" <status> <bytes>");
    return text_open_plain(state, format, true, why);
}

/* What tells it from combined is never left out. */
static void drop_hypercorn(void *state, int field)
{
    if (field != FIELD_CLIENT) {
        text_drop(state, field);
    }
}

const struct parser parser_hypercorn = {
    .name = "hypercorn",
    .summary = "Hypercorn, Daphne",
    .sample =
        "192.0.2.7:54321 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea 1.1\" 404 13 \"-\" \"curl/8.5.0\"",
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_hypercorn,
    .drop = drop_hypercorn,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
