/*
 * Exchange's HttpProxy logs, divided by commas, quoted as in RFC 4180; the columns are named by a
 * directive, or by a line of their own:
 *
 *     #Fields: DateTime,RequestId,Protocol,UrlHost,UrlStem,HttpStatus,BackEndStatus,Method
 *     2026-11-22T16:43:42.123Z,1f0e,Eas,mail.example,/owa/,503,,GET
 *
 * HttpStatus is what the client got, BackEndStatus what the mailbox server said. Lines before the
 * first names are no lines of this format.
 */
#include "event/field.h"
#include "parsers/lang/text.h"

enum {
    COLUMNS = 128,
    MARK = 9, /* "#Fields: " */
};

struct exchange_state {
    uint8_t fields[COLUMNS]; /* enum field */
    uint8_t n;               /* 0: not named yet */
};

static const struct {
    const char *name;
    enum field field;
} columns[] = {
    {"DateTime", FIELD_TIME_ISO_UTC}, {"UrlHost", FIELD_HOST},
    {"UrlStem", FIELD_TARGET},        {"HttpStatus", FIELD_STATUS},
    {"BackEndStatus", FIELD_ORIGIN},  {"ErrorCode", FIELD_FLAG},
    {"Method", FIELD_METHOD},         {"ClientIpAddress", FIELD_CLIENT},
    {"TargetServer", FIELD_UPSTREAM}, {"TotalRequestTime", FIELD_DURATION_MS},
};

/* Takes a value off the front; doubled quotes in it stay as they are. Without a comma behind it, it
 * is the last one, or cut. */
static struct span take_value(struct span *rest, bool *has_comma)
{
    bool is_quoted = rest->len && rest->ptr[0] == '"';
    size_t n = is_quoted;
    while (n < rest->len && (is_quoted || rest->ptr[n] != ',')) {
        if (is_quoted && rest->ptr[n] == '"') {
            if (n + 1 == rest->len || rest->ptr[n + 1] != '"') {
                break;
            }
            n++;
        }
        n++;
    }
    struct span value = span_after(span_head(*rest, n), is_quoted);
    struct span behind = span_after(*rest, n + is_quoted);
    *has_comma = behind.len > 0;
    *rest = span_after(behind, 1);
    return value;
}

static enum field field_of(struct span name)
{
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (span_is(name, columns[i].name)) {
            return columns[i].field;
        }
    }
    return FIELD_SKIP;
}

/* Names without a status make a log of something else. */
static enum parse_result take_names(struct exchange_state *s, struct span names)
{
    bool has_status = false, has_comma = true;
    s->n = 0;
    memset(s->fields, 0, sizeof(s->fields));
    while (has_comma && s->n < COLUMNS) {
        enum field field = field_of(take_value(&names, &has_comma));
        s->fields[s->n++] = (uint8_t)field;
        has_status = has_status || field == FIELD_STATUS;
    }
    s->n = has_status ? s->n : 0;
    return PARSE_SKIP;
}

static void store(struct event *out, enum field field, struct span value)
{
    bool is_missing = field == FIELD_ORIGIN && value.len == 0;
    field_store(out, field, is_missing ? SPAN("-") : value);
}

static enum parse_result parse_exchange(void *state, struct span line, struct event *out)
{
    struct exchange_state *s = state;
    unsigned i = 0;
    if (span_starts(line, SPAN("#Fields: DateTime,"))) {
        return take_names(s, span_after(line, MARK));
    }
    if (span_starts(line, SPAN("DateTime,RequestId,"))) {
        return take_names(s, line);
    }
    if (line.len && line.ptr[0] == '#') {
        return PARSE_SKIP;
    }
    bool has_comma = true;
    for (struct span rest = line; has_comma && i < s->n; i++) {
        struct span value = take_value(&rest, &has_comma);
        if (has_comma || i + 1U == s->n) {
            store(out, (enum field)s->fields[i], value);
        }
    }
    out->is_partial = i < s->n;
    return s->n && out->status != STATUS_NONE ? PARSE_OK : PARSE_BAD;
}

/* Directives are everybody's; these names are not. */
static bool is_exchange(const void *state)
{
    const struct exchange_state *s = state;
    return s->n > 0;
}

const struct parser parser_exchange = {
    .name = "exchange",
    .summary = "Microsoft Exchange, HttpProxy logs",
    .sample =
        "#Fields: DateTime,RequestId,Protocol,UrlHost,UrlStem,HttpStatus,BackEndStatus,ErrorCode,Method,TargetServer,TotalRequestTime\n"
        "2026-11-22T16:43:42.123Z,1f0e,Eas,mail.example,/Microsoft-Server-ActiveSync,503,,ServerNotFound,POST,MBX01.corp.example,31",
    .server = SERVER_IIS,
    .weight = 9,
    .state_size = sizeof(struct exchange_state),
    .memory_size = sizeof(struct exchange_state),
    .parse = parse_exchange,
    .is_typical = is_exchange,
};
