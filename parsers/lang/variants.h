/*
 * Formats that a server writes in more than one way, each a text in one of the languages: a line is
 * of the first one that it fits. A line that fits two of them whole must mean the same in both, or
 * what is read would depend on the way it is read.
 */
#ifndef TEAPOT_PARSERS_LANG_VARIANTS_H
#define TEAPOT_PARSERS_LANG_VARIANTS_H

#include "parsers/lang/text.h"

enum {
    VARIANTS = 4,
};

/* A format's state, for parser.state_size. */
struct variants_state {
    struct text_state formats[VARIANTS];
    unsigned n;    /* how many there are */
    unsigned last; /* the one that is read many lines at once */
    unsigned run;  /* lines in a row that were of others */
};

/* Compiles formats for text_open_plain, NULL at the end, at most VARIANTS of them. Arguments are
 * refused. 0, or a negative errno with `why`. */
int variants_open(struct variants_state *s, const char *const *formats, struct span args,
                  struct problem *why);

/* Compiles one more, at most VARIANTS in all, in the language of `open`. 0, or a negative errno
 * with `why`. */
int variants_add(struct variants_state *s,
                 int (*open)(void *state, struct span format, bool open_end, struct problem *why),
                 struct span format, struct problem *why);

/* Fit the functions of the same names in struct parser. */
void variants_drop(void *state, int field);
enum parse_result variants_parse(void *state, struct span line, struct event *out);
const struct marks_set *variants_marks(void *state);
size_t variants_parse_lines(void *state, struct lines *lines, struct event *out, size_t max);

#endif
