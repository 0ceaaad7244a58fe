/*
 * Envoy's way to write a format: %NAME%, %NAME(arguments)% and either with ":length" behind it
 * (Envoy documentation, "Access logging", command operators). Nothing is escaped in the lines.
 */
#include "event/field.h"
#include "parsers/lang/text.h"

#include <errno.h>

static const struct {
    const char *name;
    enum field field;
    enum template_shape shape;
} operators[] = {
    {"RESPONSE_CODE", FIELD_STATUS, TEMPLATE_STATUS},
    {"START_TIME", FIELD_TIME_ISO_UTC, TEMPLATE_ISO},
    {"START_TIME(%s)", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"REQ(:METHOD)", FIELD_METHOD, TEMPLATE_WORD},
    {"REQ(:PATH)", FIELD_TARGET, TEMPLATE_TEXT},
    {"REQ(X-ENVOY-ORIGINAL-PATH?:PATH)", FIELD_TARGET, TEMPLATE_TEXT},
    {"REQ(:AUTHORITY)", FIELD_HOST, TEMPLATE_TEXT},
    {"PROTOCOL", FIELD_SKIP, TEMPLATE_TEXT},
    {"DOWNSTREAM_REMOTE_ADDRESS", FIELD_CLIENT_PORT, TEMPLATE_WORD},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", FIELD_CLIENT, TEMPLATE_WORD},
    {"UPSTREAM_HOST", FIELD_UPSTREAM, TEMPLATE_TEXT},
    {"BYTES_SENT", FIELD_BYTES, TEMPLATE_NUMBER},
    {"BYTES_RECEIVED", FIELD_SKIP, TEMPLATE_NUMBER},
    {"DURATION", FIELD_DURATION_MS, TEMPLATE_NUMBER},
    {"RESPONSE_FLAGS", FIELD_FLAG, TEMPLATE_WORD},
    {"RESPONSE_CODE_DETAILS", FIELD_FLAG_MORE, TEMPLATE_TEXT},
};

static int add_operator(struct template *t, struct span name, struct problem *why)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (span_equal_nocase(name, span_of(operators[i].name))) {
            return template_add_field(t, (uint8_t)operators[i].field, operators[i].shape, why);
        }
    }
    if (span_starts(name, SPAN("RESP(")) && span_ends(name, SPAN(")"))) {
        struct span header =
            span_head(span_after(name, strlen("RESP(")), name.len - strlen("RESP()"));
        return template_add_field(t, (uint8_t)field_of_header(header), TEMPLATE_TEXT, why);
    }
    if (span_starts(name, SPAN("START_TIME(%Y-%m-%dT%H:%M:%S"))) {
        return template_add_field(t, FIELD_TIME_ISO_UTC, TEMPLATE_ISO, why);
    }
    return template_add_field(t, FIELD_SKIP, TEMPLATE_TEXT, why);
}

/* Takes %NAME(arguments):length% at the front of `rest` off; in parentheses, signs of percent are
 * part of a time's format. */
static int take_operator(struct template *t, struct span *rest, struct problem *why)
{
    struct span r = span_after(*rest, 1);
    size_t n = span_find(r, '%'), open = span_find(r, '(');
    if (open < n) {
        size_t close = open + span_find(span_after(r, open), ')');
        n = close + span_find(span_after(r, close), '%');
    }
    if (n >= r.len) {
        problem_set(why, "a %% in the format begins no operator");
        return -EINVAL;
    }
    *rest = span_after(r, n + 1);
    if (n == 0) { /* %% */
        return template_add_literal(t, SPAN("%"), why);
    }
    struct span name = span_head(r, n);
    size_t close = span_find(name, ')');
    size_t end = close < n ? close + 1 : span_find(name, ':');
    return add_operator(t, span_head(name, end), why);
}

/* The text of a configuration ends with the line's end, which is no part of the line. */
static struct span without_line_end(struct span format)
{
    bool is_written = span_ends(format, SPAN("\\n"));
    bool is_there = format.len && format.ptr[format.len - 1] == '\n';
    return span_head(format, format.len - (is_written ? 2 : is_there));
}

int text_open_envoy(void *state, struct span format, bool open_end, struct problem *why)
{
    struct text_state *s = state;
    int r = 0;
    template_init(&s->template, TEMPLATE_RAW);
    format = without_line_end(format);
    while (r == 0 && format.len) {
        size_t n = span_find(format, '%');
        r = template_add_literal(&s->template, span_head(format, n), why);
        format = span_after(format, n);
        if (r == 0 && format.len) {
            r = take_operator(&s->template, &format, why);
        }
    }
    r = r ? r : template_finish(&s->template, open_end, why);
    if (r == 0) {
        text_prepare(s);
    }
    return r;
}
