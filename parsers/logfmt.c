/*
 * logfmt: keys and values of a request, as loggers of Go, Ruby (lograge) and Heroku's router write
 * them:
 *
 *     time="2026-11-22T16:43:42Z" level=info method=GET path=/tea status=503 duration=12ms
 *     at=error code=H12 method=GET path="/tea" host=shop.example status=503 service=30000ms bytes=0
 *
 * Any program may write a status this way, so a line counts only when it tells of a request.
 */
#include "parsers/lang/keys.h"
#include "parsers/parser.h"

/* Ours beside the usual ones: Heroku's times, its client, and what a line's date is called. */
static const struct {
    const char *key;
    enum field field;
} ours[] = {
    {"service", FIELD_DURATION_TEXT}, {"fwd", FIELD_CLIENT},    {"t", FIELD_TIME_ANY},
    {"remote", FIELD_CLIENT_PORT},    {"dyno", FIELD_UPSTREAM},
};

static enum field logfmt_field(struct keys_state *s, struct span key)
{
    enum field field = keys_field(s, (struct span){0}, key);
    for (size_t i = 0; field == FIELD_SKIP && i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (span_is(key, ours[i].key) && !(s->dropped & (uint64_t)1 << ours[i].field)) {
            field = ours[i].field;
        }
    }
    return field;
}

struct pair {
    struct span key, value; /* escapes in the value stay as they are */
    bool is_cut;            /* the line ends in a quoted value */
};

/* The value in quotes at the front of `rest`, and what is behind it. */
static struct span take_quoted(struct span *rest, bool *is_cut)
{
    size_t end = 1;
    while (end < rest->len && rest->ptr[end] != '"') {
        end += rest->ptr[end] == '\\' ? 2 : 1;
    }
    *is_cut = end >= rest->len;
    struct span value = span_after(span_head(*rest, end), 1);
    *rest = span_after(*rest, end + 1);
    return value;
}

/* Takes "key=value"; of a word by itself the value is empty. */
static struct pair take_pair(struct span *line)
{
    struct pair pair = {.is_cut = false};
    size_t blank = span_find(*line, ' ');
    size_t equals = span_find(span_head(*line, blank), '=');
    pair.key = span_head(*line, equals);
    *line = span_after(*line, equals + (equals < blank));
    if (equals < blank && line->len && line->ptr[0] == '"') {
        pair.value = take_quoted(line, &pair.is_cut);
    } else {
        size_t len = span_find(*line, ' '); /* 0 behind a word by itself */
        pair.value = span_head(*line, len);
        *line = span_after(*line, len);
    }
    while (line->len && line->ptr[0] == ' ') {
        *line = span_after(*line, 1);
    }
    return pair;
}

/* At the end of a line digits may be missing. */
static bool may_be_cut(enum field field, struct span value, struct span rest)
{
    return field == FIELD_STATUS && rest.len == 0 && value.len < 3;
}

/* Heroku's router names what went wrong: code=H12 beside a dyno. */
static void take_heroku(const struct pair *pair, struct event *out)
{
    if (span_is(pair->key, "dyno")) {
        out->by |= EVENT_BY_HEROKU;
    } else if (span_is(pair->key, "code") && pair->value.len == 3 && pair->value.ptr[0] == 'H') {
        field_store(out, FIELD_FLAG, pair->value);
    }
}

/* Rails' lograge writes milliseconds without a unit, and which controller it was. */
struct lograge {
    bool has_controller, has_plain_duration;
};

static void note_lograge(struct lograge *l, const struct pair *pair)
{
    struct span value = pair->value;
    bool ends_in_digit =
        value.len && value.ptr[value.len - 1] >= '0' && value.ptr[value.len - 1] <= '9';
    l->has_controller = l->has_controller || span_is(pair->key, "controller");
    l->has_plain_duration =
        l->has_plain_duration || (span_is(pair->key, "duration") && ends_in_digit);
}

static bool tells_request(enum field field)
{
    return field == FIELD_METHOD || field == FIELD_TARGET || field == FIELD_REQUEST;
}

static enum parse_result parse_logfmt(void *state, struct span line, struct event *out)
{
    size_t first = span_find(line, '=');
    if (first == 0 || first == line.len || span_find(span_head(line, first), ' ') < first) {
        return PARSE_BAD;
    }
    struct lograge lograge = {.has_controller = false};
    bool is_request = false; /* also an empty one, as of a client that sent nothing */
    while (line.len) {
        struct pair pair = take_pair(&line);
        note_lograge(&lograge, &pair);
        enum field field = logfmt_field(state, pair.key);
        is_request = is_request || tells_request(field);
        if (pair.is_cut) {
            out->is_partial = true;
        } else if (!may_be_cut(field, pair.value, line)) {
            field_store(out, field, pair.value);
        }
        if (field == FIELD_SKIP || field == FIELD_UPSTREAM) {
            take_heroku(&pair, out);
        }
    }
    if (lograge.has_controller && lograge.has_plain_duration && out->duration_ns > 0) {
        out->duration_ns /= 1000;
    }
    return out->status != STATUS_NONE && is_request ? PARSE_OK : PARSE_BAD;
}

const struct parser parser_logfmt = {
    .name = "logfmt",
    .summary = "key=value pairs of a request (Go's loggers, lograge, Heroku)",
    .sample =
        "at=info method=GET path=\"/tea\" host=shop.example fwd=\"192.0.2.7\" dyno=web.1 connect=1ms "
        "service=18ms status=503 bytes=13",
    .weight = 3,
    .state_size = sizeof(struct keys_state),
    .drop = keys_drop,
    .parse = parse_logfmt,
};
