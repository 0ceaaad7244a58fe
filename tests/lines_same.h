/*
 * Does parse_lines read what parse reads? Shared by the tests and the fuzzer: text goes through
 * both, each with a state of its own, and the first difference is told.
 */
#ifndef TEAPOT_TESTS_LINES_SAME_H
#define TEAPOT_TESTS_LINES_SAME_H

#include "parsers/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINES_SAME_MAX = 8, /* lines in a call: few, so that batches end everywhere */
};

struct lines_same {
    const struct parser *parser;
    void *one, *many; /* states */
    struct lines lines;
    char why[400]; /* the difference, if there is one */
};

static void lines_same_open(struct lines_same *s, const struct parser *p, struct span args)
{
    struct problem ignored;
    s->parser = p;
    s->one = calloc(1, p->state_size);
    s->many = calloc(1, p->state_size);
    s->why[0] = '\0';
    if (!s->one || !s->many ||
        (p->open && (p->open(s->one, args, &ignored) || p->open(s->many, args, &ignored)))) {
        abort();
    }
}

static void lines_same_close(struct lines_same *s)
{
    free(s->one);
    free(s->many);
}

/* What two events differ in, or NULL. */
static const char *lines_same_differ(const struct event *a, const struct event *b)
{
    return a->status != b->status                  ? "status"
           : !span_equal(a->client, b->client)     ? "client"
           : !span_equal(a->host, b->host)         ? "host"
           : !span_equal(a->request, b->request)   ? "request"
           : !span_equal(a->method, b->method)     ? "method"
           : !span_equal(a->target, b->target)     ? "target"
           : !span_equal(a->upstream, b->upstream) ? "upstream"
           : !span_equal(a->time, b->time)         ? "time"
           : a->time_kind != b->time_kind          ? "kind of time"
           : a->bytes != b->bytes                  ? "bytes"
           : a->duration_ns != b->duration_ns      ? "duration"
           : a->is_partial != b->is_partial        ? "partial"
                                                   : NULL;
}

/* The line at `at`, which has an end. */
static struct span lines_same_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    struct span line = {at, (size_t)(newline - at)};
    line.len -= line.len && line.ptr[line.len - 1] == '\r';
    return line;
}

/* Compares one line; `many` is NULL when parse_lines stopped before it. */
static bool lines_same_check(struct lines_same *s, struct span line, const struct event *many)
{
    struct event one;
    event_clear(&one);
    bool is_read = s->parser->parse(s->one, line, &one) == PARSE_OK && !one.is_partial;
    const char *what = NULL;
    if (many) {
        what = !is_read                        ? "parse refuses it"
               : !span_equal(many->line, line) ? "line"
                                               : lines_same_differ(&one, many);
    } else if (is_read && line.ptr[0] != '\0') {
        what = "parse_lines stops before it";
    }
    if (what) {
        snprintf(s->why, sizeof s->why, "%s, %s: %.*s", s->parser->name, what,
                 (int)(line.len < 300 ? line.len : 300), line.ptr);
    }
    return !what;
}

/* Is the time the same as before when that is said? */
static bool lines_same_times(struct lines_same *s, const struct event *before,
                             const struct event *e)
{
    bool is_right = !e->same_time || (before && span_equal(before->time, e->time) &&
                                      before->time_kind == e->time_kind);
    if (!is_right) {
        snprintf(s->why, sizeof s->why, "%s: another time: %.*s", s->parser->name, (int)e->time.len,
                 e->time.ptr);
    }
    return is_right;
}

/* Compares all whole lines of `text` but those in its last LINES_SLACK bytes; false, with `why`
 * filled, at the first difference. */
static bool lines_same_text(struct lines_same *s, struct span text)
{
    struct lines *l = &s->lines;
    for (;;) {
        lines_take(l, s->parser->marks(s->many), text);
        if (l->at == l->end) {
            return true;
        }
        text = span_after(text, (size_t)(l->end - l->at));
        while (l->at < l->end) {
            struct event events[LINES_SAME_MAX];
            const char *at = l->at;
            size_t n = s->parser->parse_lines(s->many, l, events, LINES_SAME_MAX);
            for (size_t i = 0; i < n; i++) {
                struct span line = lines_same_line(at, l->end);
                if (!lines_same_check(s, line, &events[i]) ||
                    !lines_same_times(s, i ? &events[i - 1] : NULL, &events[i])) {
                    return false;
                }
                at = (const char *)memchr(line.ptr + line.len, '\n', 2) + 1;
            }
            if (at != l->at) {
                snprintf(s->why, sizeof s->why, "%s stops at another place", s->parser->name);
                return false;
            }
            if (n == 0) {
                struct span line = lines_same_line(at, l->end);
                if (!lines_same_check(s, line, NULL)) {
                    return false;
                }
                lines_skip(l, (const char *)memchr(line.ptr + line.len, '\n', 2) + 1);
            }
        }
    }
}

#endif
