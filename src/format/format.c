#include "format/format.h"

#include "base/alloc.h"
#include "base/choice.h"
#include "parser_table.h"

#include <errno.h>
#include <stdlib.h>

enum {
    NAMES = 128,
};

const struct parser *const *format_parsers(void)
{
    return parser_table;
}

const struct parser *format_find(struct span name)
{
    for (size_t i = 0; parser_table[i]; i++) {
        if (span_is(name, parser_table[i]->name)) {
            return parser_table[i];
        }
    }
    return NULL;
}

static void say_unknown(struct span name, struct problem *why)
{
    const char *names[NAMES] = {"auto"};
    size_t n = 1;
    for (size_t i = 0; parser_table[i] && n + 1 < NAMES; i++) {
        names[n++] = parser_table[i]->name;
    }
    const char *near = choice_nearest(name, names);
    problem_set(why,
                near ? "unknown format \"%.*s\"; did you mean \"%s\"?"
                     : "unknown format \"%.*s\"; see --formats",
                (int)name.len, name.ptr, near);
}

/* Opens the parser once, to find out now what is wrong with its arguments. */
static int try_open(const struct parser *p, struct span args, struct problem *why)
{
    if (!p->open && args.len) {
        problem_set(why, "format \"%s\" takes no arguments", p->name);
        return -EINVAL;
    }
    if (!p->open) {
        return 0;
    }
    void *state = alloc_zero(1, p->state_size);
    int r = p->open(state, args, why);
    if (r == 0 && p->close) {
        p->close(state);
    }
    free(state);
    return r;
}

static int read_one(struct format *out, struct span spec, struct problem *why)
{
    size_t colon = span_find(spec, ':');
    struct span name = span_head(spec, colon), args = span_after(spec, colon + 1);
    *out = (struct format){0};
    /* Where no shell took them away, the quotes around the arguments are still there. */
    if (args.len > 1 && args.ptr[0] == '\'' && args.ptr[args.len - 1] == '\'') {
        args = span_head(span_after(args, 1), args.len - 2);
    }
    if (span_is(name, "auto")) {
        if (args.len) {
            problem_set(why, "format \"auto\" takes no arguments");
            return -EINVAL;
        }
        out->args = NULL;
        return 0;
    }
    const struct parser *p = format_find(name);
    if (!p) {
        say_unknown(name, why);
        return -EINVAL;
    }
    int r = try_open(p, args, why);
    if (r == 0) {
        out->parser = p;
        out->args = args.len ? alloc_text(args) : NULL;
    }
    return r;
}

int format_read(struct format *out, struct span specs, struct problem *why)
{
    struct format *last = out;
    size_t n = span_find(specs, '\n');
    int r = read_one(out, span_head(specs, n), why);
    while (r == 0 && n < specs.len) {
        specs = span_after(specs, n + 1);
        n = span_find(specs, '\n');
        last->next = alloc_zero(1, sizeof(*last));
        r = read_one(last->next, span_head(specs, n), why);
        if (r == 0 && (!last->parser || !last->next->parser)) {
            problem_set(why, "auto is no format beside others: it is all of them");
            r = -EINVAL;
        }
        last = last->next;
    }
    if (r) {
        format_done(out);
    }
    return r;
}

void format_done(struct format *f)
{
    struct format *next = f->next;
    free(f->args);
    *f = (struct format){0};
    while (next) {
        struct format *after = next->next;
        free(next->args);
        free(next);
        next = after;
    }
}
