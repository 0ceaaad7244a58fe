#include "parsers/lang/text.h"

#include "event/field.h"
#include "parsers/lang/syslog.h"
#include "scan/find.h"

#include <errno.h>

/* `digits` stands in `body`. Its length is what varies, so short numbers are read without a loop.
 */
static void store_bytes(struct span digits, struct span body, struct event *out)
{
    const char *end = digits.ptr + digits.len;
    if (digits.len == 0 || digits.len > 8 || end - body.ptr < 8 ||
        find_digits(digits.ptr, body.ptr + body.len) < digits.len) {
        field_store(out, FIELD_BYTES, digits); /* also "-" and "+12" */
        return;
    }
    out->bytes = (int64_t)find_number(end, digits.len);
}

static inline void store_text(struct span *to, struct span text)
{
    if (text.len != 1 || text.ptr[0] != '-') {
        *to = text;
    }
}

/* The fields that nearly every format has are stored without asking what they are. */
static void store_plain(const struct text_state *s, const struct span *texts, struct span body,
                        struct event *out)
{
    out->status = status_slot(texts[s->template.status_at]);
    if (s->time_at < TEMPLATE_STEPS) {
        out->time = texts[s->time_at];
        out->time_kind = LOGTIME_CLF;
    }
    if (s->request_at < TEMPLATE_STEPS) {
        store_text(&out->request, texts[s->request_at]);
    }
    if (s->client_at < TEMPLATE_STEPS) {
        store_text(&out->client, texts[s->client_at]);
    }
    if (s->bytes_at < TEMPLATE_STEPS) {
        store_bytes(texts[s->bytes_at], body, out);
    }
}

static bool read_body(const struct text_state *s, struct span body, struct event *out)
{
    struct span texts[TEMPLATE_STEPS];
    enum template_result got = template_read(&s->template, body, texts);
    if (got == TEMPLATE_NONE) {
        return false;
    }
    out->is_partial = got == TEMPLATE_PART;
    store_plain(s, texts, body, out);
    for (unsigned i = 0; i < s->n_others; i++) {
        unsigned step = s->others[i];
        field_store(out, (enum field)s->template.steps[step].slot, texts[step]);
    }
    return out->status != STATUS_NONE;
}

void text_prepare(struct text_state *s)
{
    const struct template *t = &s->template;
    s->time_at = s->request_at = s->client_at = s->bytes_at = TEMPLATE_STEPS;
    s->n_others = 0;
    for (uint8_t i = 0; i < t->n_needed; i++) {
        uint8_t slot = t->steps[i].slot;
        if (slot == FIELD_TIME_CLF && s->time_at == TEMPLATE_STEPS) {
            s->time_at = i;
        } else if (slot == FIELD_REQUEST && s->request_at == TEMPLATE_STEPS) {
            s->request_at = i;
        } else if (slot == FIELD_CLIENT && s->client_at == TEMPLATE_STEPS) {
            s->client_at = i;
        } else if (slot == FIELD_BYTES && s->bytes_at == TEMPLATE_STEPS) {
            s->bytes_at = i;
        } else if (slot != FIELD_SKIP && i != t->status_at) {
            s->others[s->n_others++] = i;
        }
    }
}

void text_drop(void *state, int field)
{
    struct text_state *s = state;
    template_drop(&s->template, (uint8_t)field);
    text_prepare(s);
}

int text_refuse(struct span args, struct problem *why)
{
    problem_set(why, "this format takes no arguments, but \"%.*s\" is given", (int)args.len,
                args.ptr);
    return -EINVAL;
}

/* Could an envelope begin here? Addresses and host names do not look so, which keeps this cheap. */
static bool may_have_envelope(struct span line)
{
    return line.len > 20 &&
           (line.ptr[0] == '<' || line.ptr[4] == '-' || (line.ptr[3] == ' ' && line.ptr[6] == ' '));
}

enum parse_result text_parse(void *state, struct span line, struct event *out)
{
    const struct text_state *s = state;
    struct syslog_header header;
    struct span body;
    if (may_have_envelope(line) && syslog_peel(line, &body, &header) && read_body(s, body, out)) {
        if (out->time.len == 0) {
            out->time = header.time;
            out->time_kind = header.time_kind;
        }
        return PARSE_OK;
    }
    return read_body(s, line, out) ? PARSE_OK : PARSE_BAD;
}

enum parse_result text_parse_vhost(void *state, struct span line, struct event *out)
{
    enum parse_result got = text_parse(state, line, out);
    if (got != PARSE_OK) {
        return got;
    }
    bool is_address = span_find(out->host, ':') < out->host.len && out->host.ptr[0] != '[';
    return is_address ? PARSE_BAD : got;
}
