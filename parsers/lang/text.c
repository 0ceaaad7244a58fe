#include "parsers/lang/text.h"

#include "event/field.h"
#include "parsers/lang/syslog.h"
#include "scan/find.h"

#include <errno.h>

enum {
    WALKED_OTHERS = 8, /* fields beside the usual ones that parse_lines can do with */
};

/* `digits` stands in `body`. Up to eight of them are read without a loop. */
static void store_bytes(struct span digits, const char *body, struct event *out)
{
    const char *end = digits.ptr + digits.len;
    uint64_t value;
    if (digits.len - 1 < 8 && end - body >= 8 && find_number(end, digits.len, &value)) {
        out->bytes = (int64_t)value;
    } else {
        field_store(out, FIELD_BYTES, digits); /* also "-" and "+12" */
    }
}

static void store_text(struct span *to, struct span text)
{
    if (text.len != 1 || text.ptr[0] != '-') {
        *to = text;
    }
}

/* The fields that nearly every format has are stored without asking what they are. */
static void store_plain(const struct text_state *s, const struct span *texts, const char *body,
                        struct event *out)
{
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

/* False when the line is not of the format after all. */
static bool store(const struct text_state *s, const struct span *texts, const char *body,
                  struct event *out)
{
    out->status = status_slot(texts[s->template.status_at]);
    store_plain(s, texts, body, out);
    for (unsigned i = 0; i < s->n_others; i++) {
        unsigned step = s->others[i];
        field_store(out, (enum field)s->template.steps[step].slot, texts[step]);
    }
    return out->status != STATUS_NONE && (!s->check || s->check(out));
}

static bool read_body(const struct text_state *s, struct span body, struct event *out)
{
    struct span texts[TEMPLATE_STEPS];
    enum template_result got = template_read(&s->template, body, texts);
    out->is_partial = got == TEMPLATE_PART;
    return got != TEMPLATE_NONE && store(s, texts, body.ptr, out);
}

static bool is_duration(uint8_t slot)
{
    return slot >= FIELD_DURATION_S && slot <= FIELD_DURATION_TEXT;
}

/* Has an earlier step what this one has? Then the later one counts, and they are stored in order.
 */
static bool is_second(const struct text_state *s, uint8_t slot)
{
    for (unsigned i = 0; i + 1U < s->n_others; i++) {
        uint8_t other = s->template.steps[s->others[i]].slot;
        if (other == slot || (is_duration(other) && is_duration(slot))) {
            return true;
        }
    }
    return false;
}

/* Of the others, those that a walk writes into the event itself. */
static void find_direct(struct text_state *s, uint8_t i)
{
    const struct template_step *step = &s->template.steps[i];
    if (is_second(s, step->slot)) {
        return;
    }
    if (step->slot == FIELD_HOST) {
        s->host_at = i;
    } else if (step->slot == FIELD_UPSTREAM && step->shape != TEMPLATE_LIST) {
        s->server_at = i;
    } else if ((step->slot == FIELD_DURATION_S && step->pace == WALK_NUMBER) ||
               (step->slot == FIELD_TIMERS_MS && step->pace == WALK_TIMERS)) {
        s->seconds_at = i;
    }
}

void text_prepare(struct text_state *s)
{
    const struct template *t = &s->template;
    walk_prepare(&s->template);
    s->time_at = s->request_at = s->client_at = s->bytes_at = TEMPLATE_STEPS;
    s->host_at = s->server_at = s->seconds_at = TEMPLATE_STEPS;
    s->n_others = 0;
    for (uint8_t i = 0; i < t->n_needed; i++) {
        uint8_t slot = t->steps[i].slot;
        if (slot == FIELD_TIME_CLF && s->time_at == TEMPLATE_STEPS) {
            s->time_at = i;
        } else if (slot == FIELD_REQUEST && s->request_at == TEMPLATE_STEPS) {
            s->request_at = i;
        } else if (slot == FIELD_CLIENT && s->client_at == TEMPLATE_STEPS) {
            s->client_at = i;
        } else if (slot == FIELD_BYTES && s->bytes_at == TEMPLATE_STEPS &&
                   t->steps[i].pace == WALK_NUMBER) {
            s->bytes_at = i;
        } else if (slot != FIELD_SKIP && i != t->status_at) {
            s->others[s->n_others++] = i;
            find_direct(s, i);
        }
    }
}

void text_drop(void *state, int field)
{
    struct text_state *s = state;
    template_drop(&s->template, (uint8_t)field);
    if (field == FIELD_CLIENT) {
        template_drop(&s->template, FIELD_CLIENT_PORT);
    }
    text_prepare(s);
}

int text_refuse(struct span args, struct problem *why)
{
    problem_set(why, "this format takes no arguments, but \"%.*s\" is given", (int)args.len,
                args.ptr);
    return -EINVAL;
}

/* No client and no host is called like a time: that belongs to an envelope other than syslog's, and
 * the line is to be read without it. */
static bool is_foreign(const struct text_state *s, struct span line)
{
    return line.len > 20 && line.ptr[4] == '-' && line.ptr[10] == 'T' && line.ptr[13] == ':' &&
           (s->client_at == 0 || s->host_at == 0);
}

enum parse_result text_parse(void *state, struct span line, struct event *out)
{
    const struct text_state *s = state;
    struct syslog_header header;
    struct span body;
    if (line.len > 20 && syslog_may_begin(line.ptr) && syslog_peel(line, &body, &header) &&
        read_body(s, body, out)) {
        if (out->time.len == 0) {
            out->time = header.time;
            out->time_kind = header.time_kind;
        }
        return PARSE_OK;
    }
    event_clear(out);
    return !is_foreign(s, line) && read_body(s, line, out) ? PARSE_OK : PARSE_BAD;
}

unsigned text_reach(void *state, struct span line, size_t *offset, int *field)
{
    const struct text_state *s = state;
    struct syslog_header header;
    struct span body = line;
    if (line.len <= 20 || !syslog_peel(line, &body, &header)) {
        body = line;
    }
    unsigned n = template_reach(&s->template, body, offset);
    *offset += (size_t)(body.ptr - line.ptr);
    *field = n < s->template.n_steps ? s->template.steps[n].slot : FIELD_SKIP;
    return n;
}

bool text_has_host(struct event *e)
{
    return span_find(e->host, ':') == e->host.len || e->host.ptr[0] == '[';
}

const struct marks_set *text_marks(void *state)
{
    const struct text_state *s = state;
    return s->template.can_walk && s->n_others <= WALKED_OTHERS ? &s->template.marks : NULL;
}

/* Lines are read in three rounds: where they are, what the walk finds in them, and what is left to
 * be made of that. */
struct round {
    struct walk walk;
    struct walk_sink sinks[TEMPLATE_STEPS];
    struct span others[WALKED_OTHERS][WALK_LINES];
};

static void sink_to(struct round *r, unsigned step, enum walk_kind kind, void *to)
{
    if (step < TEMPLATE_STEPS) {
        r->sinks[step] = (struct walk_sink){kind, to, sizeof(struct event)};
    }
}

/* Sends what the walk finds where it belongs. */
static void set_sinks(const struct text_state *s, struct round *r, struct event *out)
{
    const struct template *t = &s->template;
    for (unsigned i = 0; i < t->n_needed; i++) {
        r->sinks[i].kind = WALK_NOWHERE;
    }
    sink_to(r, t->status_at, WALK_CODE, &out->status);
    sink_to(r, s->time_at, WALK_TEXT, &out->time);
    sink_to(r, s->request_at, WALK_NAME, &out->request);
    sink_to(r, s->client_at, WALK_NAME, &out->client);
    sink_to(r, s->bytes_at, WALK_VALUE, &out->bytes);
    for (unsigned i = 0; i < s->n_others; i++) {
        r->sinks[s->others[i]] =
            (struct walk_sink){WALK_TEXT, (char *)r->others[i], sizeof(struct span)};
    }
    sink_to(r, s->host_at, WALK_NAME, &out->host);
    sink_to(r, s->server_at, WALK_NAME, &out->upstream);
    sink_to(r, s->seconds_at, WALK_SECONDS, &out->duration_ns);
}

/* Is the step not among those that the walk has written into the event itself? */
static bool is_left(const struct text_state *s, unsigned step)
{
    return step != s->host_at && step != s->server_at && step != s->seconds_at;
}

/* The envelope of the line before: those of one second are all the same. */
struct envelope {
    const char *at;
    size_t len; /* 0: there was none */
};

/* Goes behind the line's envelope, if it has one. False for what only the careful way can tell: the
 * time of a line without one is that of its envelope, and it may be in another one. */
static bool open_envelope(const struct text_state *s, struct walk *w, unsigned i,
                          struct envelope *last)
{
    const char *base = w->lines->base;
    struct span line = {base + w->at[i], w->end[i] - w->at[i]}, body;
    struct syslog_header header;
    bool is_same = last->len && line.len > last->len && line.ptr[last->len] != ' ' &&
                   memcmp(line.ptr, last->at, last->len) == 0;
    if (!is_same) {
        bool has_one = line.len > 20 && syslog_peel(line, &body, &header);
        last->len = has_one ? (size_t)(body.ptr - line.ptr) : 0;
    }
    last->at = line.ptr;
    w->at[i] += (uint32_t)last->len;
    return s->time_at < TEMPLATE_STEPS && (last->len || !is_foreign(s, line));
}

/* Clears the events. Ends the walk before a line that the framer has to look at. */
static void begin_events(const struct text_state *s, struct walk *w, struct event *out)
{
    const char *base = w->lines->base;
    enum logtime_kind kind = s->time_at < TEMPLATE_STEPS ? LOGTIME_CLF : LOGTIME_NONE;
    struct envelope last = {0};
    for (unsigned i = 0; i < w->n; i++) {
        struct event *e = &out[i];
        const char *at = base + w->at[i];
        struct span line = {at, w->end[i] - w->at[i]};
        if (*at == '\0' || (syslog_may_begin(at) && !open_envelope(s, w, i, &last))) {
            w->n = i;
        }
        event_clear(e);
        e->line = line;
        e->time_kind = kind;
    }
}

/* Stores what the walk has not written into the event itself. Behind a line there is always enough
 * to be looked at: a list of servers that has no blank has one only. */
static void store_others(struct event *out, enum field field, const struct span *texts, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct span text = texts[i];
        if (field == FIELD_UPSTREAM && text.len && !find_has(text.ptr, text.len, ' ')) {
            store_text(&out[i].upstream, text);
        } else {
            field_store(&out[i], field, text);
        }
    }
}

size_t text_parse_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    const struct text_state *s = state;
    struct round r;
    unsigned n = 0;
    walk_begin(&r.walk, &s->template, lines, max);
    begin_events(s, &r.walk, out);
    set_sinks(s, &r, out);
    r.walk.same = (char *)&out->same_time;
    r.walk.stride = sizeof(struct event);
    walk_steps(&r.walk, r.sinks);
    for (unsigned k = 0; k < s->n_others; k++) {
        if (!is_left(s, s->others[k])) {
            continue;
        }
        enum field field = (enum field)s->template.steps[s->others[k]].slot;
        store_others(out, field, r.others[k], r.walk.n);
    }
    while (s->check && n < r.walk.n && s->check(&out[n])) {
        n++;
    }
    n = s->check ? n : r.walk.n;
    walk_end(lines, n);
    return n;
}
