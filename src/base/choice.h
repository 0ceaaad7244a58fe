/* Words that a person writes, held against the words that there are: the right one, or the nearest.
 */
#ifndef TEAPOT_BASE_CHOICE_H
#define TEAPOT_BASE_CHOICE_H

#include "base/diag.h"
#include "base/span.h"

enum {
    CHOICE_SHOWN = 80, /* bytes of somebody's word that a message repeats */
};

/* The nearest of `words` (NULL at the end) to a word that is none of them, for "did you mean": a
 * slip or two away, or the only one that begins with it. NULL when nothing is near. */
const char *choice_nearest(struct span word, const char *const *words);

/* The number of `word` in `words` (NULL at the end); or -EINVAL, with `why` saying that it is an
 * unknown `what` and which word may have been meant. */
int choice_find(struct span word, const char *const *words, const char *what, struct problem *why);

/* Writes that `word` is an unknown `what`, and the nearest of `words`, or all of them when none is
 * near. */
void choice_unknown(struct span word, const char *const *words, const char *what,
                    struct problem *why);

#endif
