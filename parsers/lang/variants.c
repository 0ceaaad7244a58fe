#include "parsers/lang/variants.h"

enum {
    RUN = 16, /* lines in a row that make another variant the one for the quick way */
};

int variants_open(struct variants_state *s, const char *const *formats, struct span args,
                  struct problem *why)
{
    int r = args.len ? text_refuse(args, why) : 0;
    while (r == 0 && formats[s->n]) {
        r = variants_add(s, text_open_plain, span_of(formats[s->n]), why);
    }
    return r;
}

int variants_add(struct variants_state *s,
                 int (*open)(void *state, struct span format, bool open_end, struct problem *why),
                 struct span format, struct problem *why)
{
    return open(&s->formats[s->n++], format, true, why);
}

void variants_drop(void *state, int field)
{
    struct variants_state *s = state;
    for (unsigned i = 0; i < s->n; i++) {
        text_drop(&s->formats[i], field);
    }
}

/* Every change of the quick one costs a look at all bytes that are at hand, so a log that mixes
 * variants line by line must not cause one with each line. */
static void count_run(struct variants_state *s, unsigned who)
{
    s->run = who == s->last ? 0 : s->run + 1;
    if (s->run >= RUN) {
        s->last = who;
        s->run = 0;
    }
}

/* A variant that the line fits to its end goes before one that fits a part. */
enum parse_result variants_parse(void *state, struct span line, struct event *out)
{
    struct variants_state *s = state;
    unsigned part = VARIANTS;
    for (unsigned i = 0; i < s->n; i++) {
        event_clear(out);
        enum parse_result got = text_parse(&s->formats[i], line, out);
        if (got == PARSE_OK && !out->is_partial) {
            count_run(s, i);
            return PARSE_OK;
        }
        part = got == PARSE_OK && part == VARIANTS ? i : part;
    }
    event_clear(out);
    return part < VARIANTS ? text_parse(&s->formats[part], line, out) : PARSE_BAD;
}

const struct marks_set *variants_marks(void *state)
{
    struct variants_state *s = state;
    return text_marks(&s->formats[s->last]);
}

/* The marks tell which variant they were made for: another one may have become the quick one since.
 */
size_t variants_parse_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    struct variants_state *s = state;
    for (unsigned i = 0; i < s->n; i++) {
        if (text_marks(&s->formats[i]) == lines->set) {
            return text_parse_lines(&s->formats[i], lines, out, max);
        }
    }
    return 0;
}
