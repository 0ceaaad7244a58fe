/*
 * Lines for the parsers: the input is split into lines, and every parser of the table reads all of
 * them. When the first line is "#format SPEC", only the parser that --format SPEC names reads the
 * others, so that the languages of formats are tried too. Whatever a parser makes of a line, what
 * it hands on must be readable memory and a status that exists.
 */
#include "base/alloc.h"
#include "codes/judge.h"
#include "event/event.h"
#include "event/field.h"
#include "format/format.h"
#include "tally/route.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that the sanitizer sees spans that lead astray. */
static void touch(struct span s)
{
    volatile char sum = 0;
    for (size_t i = 0; i < s.len; i++) {
        sum = (char)(sum ^ s.ptr[i]);
    }
}

static void check_event(const struct event *e)
{
    char text[STATUS_TEXT], route[ROUTE_BYTES];
    struct logtime times = {.now_s = 1795365822};
    int64_t ms;
    if (e->status >= STATUS_SLOTS || e->time_kind >= LOGTIME_KINDS || e->bytes < EVENT_NO_BYTES ||
        e->duration_ns < EVENT_NO_DURATION) {
        abort();
    }
    if (status_slot(span_of(status_text(e->status, text))) != e->status) {
        abort();
    }
    touch(e->client);
    touch(e->host);
    touch(e->method);
    touch(e->target);
    touch(e->upstream);
    touch(e->origin);
    touch(e->flag);
    static struct verdict_table table;
    if (!table.of[200].status) {
        verdict_table_init(&table, SERVER_NGINX, (struct span){0});
    }
    for (enum server server = SERVER_UNKNOWN; server < SERVERS; server++) {
        table.server = server;
        judge(&table, e);
    }
    judge_masked(e);
    touch(e->time);
    logtime_read(&times, e->time_kind, e->time, &ms);
    touch(route_of(e->target, route));
}

/* The line is copied to a block of just its size: a byte read behind it is found. */
static void parse_line(const struct parser *p, void *state, struct span line)
{
    struct event e;
    char *copy = alloc_zero(line.len ? line.len : 1, 1);
    if (line.len) {
        memcpy(copy, line.ptr, line.len);
    }
    event_clear(&e);
    if (p->parse(state, (struct span){copy, line.len}, &e) == PARSE_OK) {
        check_event(&e);
    }
    if (p->reach) {
        size_t offset = 0;
        int field = FIELD_SKIP;
        p->reach(state, (struct span){copy, line.len}, &offset, &field);
        if (offset > line.len || field < FIELD_SKIP || field >= FIELDS) {
            abort();
        }
    }
    free(copy);
}

static struct span next_line(struct span *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    struct span line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    size_t used = line.len + (end ? 1 : 0);
    rest->ptr += used;
    rest->len -= used;
    return line;
}

static void parse_all(const struct parser *p, struct span args, struct span text)
{
    struct problem why;
    void *state = alloc_zero(1, p->state_size ? p->state_size : 1);
    if (!p->open || p->open(state, args, &why) == 0) {
        while (text.len) {
            parse_line(p, state, next_line(&text));
        }
        if (p->close) {
            p->close(state);
        }
    }
    free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    if (size > 8 && memcmp(data, "#format ", 8) == 0) {
        struct format format;
        struct problem why;
        struct span spec = next_line(&text);
        spec = (struct span){spec.ptr + 8, spec.len - 8};
        if (format_read(&format, spec, &why) == 0) {
            if (format.parser) {
                parse_all(format.parser, span_of(format.args ? format.args : ""), text);
            }
            format_done(&format);
        }
        return 0;
    }
    for (const struct parser *const *p = format_parsers(); *p; p++) {
        parse_all(*p, SPAN(""), text);
    }
    return 0;
}
