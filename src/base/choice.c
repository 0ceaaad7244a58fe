/*
 * "Did you mean": how far two words are apart is counted in slips of a typist, that is a letter too
 * many, too few, wrong, or changed with its neighbour (optimal string alignment distance).
 */
#include "base/choice.h"

#include "base/buf.h"

#include <errno.h>

enum {
    LONGEST = 40, /* longer words are near to nothing; bounds the work */
};

/* Case, and "_" for "-", are no slips worth counting. */
static int letter(char c)
{
    if (c == '_') {
        return '-';
    }
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool same(struct span a, size_t i, struct span b, size_t j)
{
    return letter(a.ptr[i]) == letter(b.ptr[j]);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Three rows of the usual table are enough: swapped neighbours look two rows back. */
static int distance(struct span a, struct span b)
{
    int rows[3][LONGEST + 1] = {{0}};
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = (int)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        int *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = up[j - 1] + !same(a, i - 1, b, j - 1);
            row[j] = least(row[j], least(up[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1)) {
                row[j] = least(row[j], up2[j - 2] + 1);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

/* The only word that begins with `word`, which must be long enough to say something. */
static const char *completed(struct span word, const char *const *words)
{
    const char *found = NULL;
    for (; word.len > 2 && *words; words++) {
        if (span_starts(span_of(*words), word)) {
            if (found) {
                return NULL;
            }
            found = *words;
        }
    }
    return found;
}

const char *choice_nearest(struct span word, const char *const *words)
{
    if (word.len == 0 || word.len > LONGEST) {
        return NULL;
    }
    const char *found = NULL;
    int nearest = word.len < 4 ? 2 : word.len < 8 ? 3 : 4; /* one more than is let pass */
    for (size_t i = 0; words[i]; i++) {
        struct span other = span_of(words[i]);
        int far = other.len <= LONGEST ? distance(word, other) : LONGEST;
        if (far < nearest && far < (int)other.len) {
            nearest = far;
            found = words[i];
        }
    }
    /* One slip is likelier than a word cut short, that is likelier than several slips. */
    const char *whole = found && nearest < 2 ? NULL : completed(word, words);
    return whole ? whole : found;
}

void choice_unknown(struct span word, const char *const *words, const char *what,
                    struct problem *why)
{
    int len = (int)span_head(word, CHOICE_SHOWN).len;
    const char *near = choice_nearest(word, words);
    if (near) {
        problem_set(why, "unknown %s \"%.*s\"; did you mean \"%s\"?", what, len, word.ptr, near);
        return;
    }
    struct buf all = {0};
    buf_text(&all, "");
    for (size_t i = 0; words[i]; i++) {
        buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
    }
    problem_set(why, "unknown %s \"%.*s\"; there is: %s", what, len, len ? word.ptr : "", all.data);
    buf_done(&all);
}

/* Exact: a word that is only nearly right is an error, never a guess. */
int choice_find(struct span word, const char *const *words, const char *what, struct problem *why)
{
    for (int i = 0; words[i]; i++) {
        if (span_is(word, words[i])) {
            return i;
        }
    }
    choice_unknown(word, words, what, why);
    return -EINVAL;
}
