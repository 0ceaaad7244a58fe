/*
 * Our own language, for formats that nobody configures: what a line consists of is named in angle
 * brackets, all else is text that stands there. Unlike in the languages of servers, a number or a
 * time must look like one, so that a line of another format is refused.
 *
 *     <client> [<clf>] "<request>" <status> <bytes> <ms>ms
 */
#include "event/field.h"
#include "parsers/lang/text.h"

#include <errno.h>

static const struct {
    const char *name;
    enum field field;
    enum template_shape shape;
} pieces[] = {
    {"status", FIELD_STATUS, TEMPLATE_STATUS},
    {"clf", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"blank-clf", FIELD_TIME_CLF, TEMPLATE_TEXT}, /* 22/Nov/2026 16:29:32: told by a check */
    {"iso", FIELD_TIME_ISO, TEMPLATE_ISO},
    {"iso-utc", FIELD_TIME_ISO_UTC, TEMPLATE_ISO},
    {"epoch", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"ctime", FIELD_TIME_CTIME, TEMPLATE_TEXT},
    {"dashed", FIELD_TIME_DASHED, TEMPLATE_TEXT},
    {"us-date", FIELD_TIME_US, TEMPLATE_TEXT},
    {"duration", FIELD_DURATION_TEXT, TEMPLATE_TEXT},
    {"request", FIELD_REQUEST, TEMPLATE_TEXT},
    {"method", FIELD_METHOD, TEMPLATE_WORD},
    {"target", FIELD_TARGET, TEMPLATE_TEXT},
    {"host", FIELD_HOST, TEMPLATE_WORD},
    {"client", FIELD_CLIENT, TEMPLATE_WORD},
    {"client:port", FIELD_CLIENT_PORT, TEMPLATE_WORD},
    {"upstream", FIELD_UPSTREAM, TEMPLATE_WORD},
    {"bytes", FIELD_BYTES, TEMPLATE_NUMBER},
    {"s", FIELD_DURATION_S, TEMPLATE_NUMBER},
    {"ms", FIELD_DURATION_MS, TEMPLATE_NUMBER},
    {"us", FIELD_DURATION_US, TEMPLATE_NUMBER},
    {"origin", FIELD_ORIGIN, TEMPLATE_STATUS},
    {"flag", FIELD_FLAG, TEMPLATE_WORD},
    {"flag-caps", FIELD_FLAG, TEMPLATE_CAPS},
    {"flag-more", FIELD_FLAG_MORE, TEMPLATE_WORD},
    /* What is passed over: a status of others, a number, a time, a word … */
    {"code", FIELD_SKIP, TEMPLATE_STATUS},
    {"number", FIELD_SKIP, TEMPLATE_NUMBER},
    {"date", FIELD_SKIP, TEMPLATE_ISO},
    {"word", FIELD_SKIP, TEMPLATE_WORD},
    {"text", FIELD_SKIP, TEMPLATE_TEXT},
    {"caps", FIELD_SKIP, TEMPLATE_CAPS},
    {"list", FIELD_SKIP, TEMPLATE_LIST},
    {"blanks", FIELD_SKIP, TEMPLATE_BLANKS},
};

static int add_piece(struct template *t, struct span name, struct problem *why)
{
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        if (span_is(name, pieces[i].name)) {
            return template_add_field(t, (uint8_t)pieces[i].field, pieces[i].shape, why);
        }
    }
    problem_set(why, "nothing is called <%.*s>", (int)name.len, name.ptr);
    return -EINVAL;
}

/* Takes the piece at the front of `rest` off. */
static int take_piece(struct template *t, struct span *rest, struct problem *why)
{
    size_t close = span_find(*rest, '>');
    if (close == rest->len) {
        problem_set(why, "a < in the format has no >");
        return -EINVAL;
    }
    struct span name = span_after(span_head(*rest, close), 1);
    *rest = span_after(*rest, close + 1);
    return add_piece(t, name, why);
}

int text_open_plain(void *state, struct span format, bool open_end, struct problem *why)
{
    struct text_state *s = state;
    int r = 0;
    template_init(&s->template, TEMPLATE_BACKSLASH);
    s->template.is_strict = true;
    while (r == 0 && format.len) {
        size_t n = span_find(format, '<');
        r = template_add_literal(&s->template, span_head(format, n), why);
        format = span_after(format, n);
        if (r == 0 && format.len) {
            r = take_piece(&s->template, &format, why);
        }
    }
    r = r ? r : template_finish(&s->template, open_end, why);
    if (r == 0) {
        text_prepare(s);
    }
    return r;
}
