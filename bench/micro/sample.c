/* Makes a log with the generator's writers, and parses it once with the parser to be timed. */
#include "bench/micro/sample.h"

#include "base/alloc.h"
#include "bench/generate/writer.h"
#include "event/field.h"

#include <stdlib.h>

enum {
    START_S = 1795305600,
    LINES_PER_S = 500,
};

static const struct request_story story = {START_S, 600, 120, 0.2};

/* Room is added when less than one line's is left, so nothing is ever cut. */
static void make_room(struct out *out)
{
    if (out->size - out->len < WRITER_LINE_BYTES) {
        out->size = out->size * 2 + WRITER_LINE_BYTES;
        out->bytes = alloc_resize(out->bytes, out->size, 1);
    }
}

static struct span make_log(const struct writer *w, size_t n)
{
    struct out out = {0};
    uint64_t rng = 1;
    make_room(&out);
    if (w->head) {
        w->head(&out, START_S);
    }
    for (size_t i = 0; i < n; i++) {
        struct request r = {.second = START_S + (int64_t)(i / LINES_PER_S)};
        request_draw(&story, &rng, &r);
        make_room(&out);
        w->line(&out, &r);
        out_char(&out, '\n');
    }
    return (struct span){out.bytes, out.len};
}

/* Cuts the log at its newlines. */
static void cut(struct sample *s)
{
    struct span rest = s->text;
    size_t room = 0;
    while (rest.len) {
        if (s->n == room) {
            room = room ? room * 2 : 1024;
            s->lines = alloc_resize(s->lines, room, sizeof(*s->lines));
        }
        size_t len = span_find(rest, '\n');
        s->lines[s->n++] = span_head(rest, len);
        rest = span_after(rest, len + 1);
    }
}

static void parse(struct sample *s)
{
    struct logtime time = {.now_s = START_S};
    for (size_t i = 0; i < s->n; i++) {
        struct event *e = &s->events[i];
        event_clear(e);
        s->ms[i] = (int64_t)START_S * 1000;
        if (s->format.parser->parse(s->state, s->lines[i], e) != PARSE_OK) {
            event_clear(e);
            e->status = 0;
            continue;
        }
        logtime_read(&time, e->time_kind, e->time, &s->ms[i]);
        enum status_class class = status_class(e->status);
        if (class == CLASS_4XX || class == CLASS_5XX) {
            event_split(e);
        }
    }
}

/* Clients are counted only when somebody asks for them, so the parser is told, as in a scan. */
static bool open_parser(struct sample *s, const char *format)
{
    struct problem why = {0};
    if (format_read(&s->format, span_of(format), &why)) {
        problem_say(&why);
        return false;
    }
    const struct parser *p = s->format.parser;
    s->state = alloc_zero(1, p->state_size ? p->state_size : 1);
    if (p->open && p->open(s->state, span_of(s->format.args ? s->format.args : ""), &why)) {
        problem_say(&why);
        format_done(&s->format);
        free(s->state);
        return false;
    }
    if (p->drop) {
        p->drop(s->state, FIELD_CLIENT);
    }
    return true;
}

bool sample_init(struct sample *s, const char *kind, const char *format, size_t n)
{
    const struct writer *w = writer_find(kind);
    *s = (struct sample){.kind = kind};
    if (!w || !open_parser(s, format)) {
        return false;
    }
    s->text = make_log(w, n);
    cut(s);
    s->events = alloc_zero(s->n, sizeof(*s->events));
    s->ms = alloc_zero(s->n, sizeof(*s->ms));
    verdict_table_init(&s->verdicts, s->format.parser->server, SPAN(""));
    parse(s);
    return true;
}

void sample_done(struct sample *s)
{
    const struct parser *p = s->format.parser;
    if (p->close) {
        p->close(s->state);
    }
    free(s->state);
    format_done(&s->format);
    free(s->events);
    free(s->ms);
    free(s->lines);
    union {
        const char *is;
        char *was;
    } text = {s->text.ptr};
    free(text.was);
}
