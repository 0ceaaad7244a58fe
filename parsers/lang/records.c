#include "parsers/lang/records.h"

#include <errno.h>

int records_open(struct records_state *s, struct span args, const struct records_key *keys,
                 const char *const *signs, struct problem *why)
{
    if (args.len) {
        problem_set(why, "this format takes no arguments, but \"%.*s\" is given", (int)args.len,
                    args.ptr);
        return -EINVAL;
    }
    for (; keys->key; keys++) {
        keys_give(&s->keys, span_of(keys->key), keys->field);
    }
    for (unsigned i = 0; signs && signs[i] && i < KEYS_NOTES; i++) {
        s->signs.names[i] = signs[i];
    }
    return 0;
}

static bool has_sign(const struct keys_notes *notes)
{
    for (unsigned i = 0; i < KEYS_NOTES; i++) {
        if (notes->values[i].ptr) {
            return true;
        }
    }
    return false;
}

static bool read_record(struct records_state *s, struct jsonscan *scan, struct event *out)
{
    if (!s->signs.names[0]) {
        return keys_read(&s->keys, scan, NULL, out);
    }
    struct keys_notes notes = s->signs;
    return keys_read(&s->keys, scan, &notes, out) && has_sign(&notes);
}

/* Looks at the first byte before anything else, since most lines of other formats fail there. */
enum parse_result records_parse(void *state, struct span line, struct event *out)
{
    struct records_state *s = state;
    struct jsonscan scan;
    if (line.len < 2 || (line.ptr[0] != '{' && line.ptr[0] != ' ')) {
        return PARSE_BAD;
    }
    jsonscan_over(&scan, line);
    keys_begin(&s->keys, true);
    return read_record(s, &scan, out) ? PARSE_OK : PARSE_BAD;
}

/* The line at lines->at among others; false, and nothing moves, when it is not as usual. */
static bool parse_next(struct records_state *s, struct lines *lines, struct event *out)
{
    if (*lines->at != '{' && *lines->at != ' ') {
        return false;
    }
    struct jsonscan scan;
    jsonscan_among(&scan, lines, lines->at);
    event_clear(out);
    if (!read_record(s, &scan, out) || out->is_partial) {
        return false;
    }
    out->line = jsonscan_leave(&scan, lines);
    return true;
}

size_t records_parse_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    struct records_state *s = state;
    size_t n = 0;
    while (n < max && lines->at < lines->end && keys_begin(&s->keys, n == 0) &&
           parse_next(s, lines, &out[n])) {
        keys_same_time(&out[n], n ? &out[n - 1] : NULL);
        n++;
    }
    return n;
}
