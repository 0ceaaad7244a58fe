/* What comes first is told from the byte before it: an opening bracket, or a colon. */
#include "output/members.h"

#include "output/escape.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    REAL_BYTES = 32, /* of a number with 17 digits, sign, point and exponent */
};

/* Does what comes next need a comma before it? */
static bool is_next(const struct buf *out)
{
    char before = out->len ? out->data[out->len - 1] : '{';
    return before != '{' && before != '[' && before != ':';
}

/* All at once: a summary of a thousand sources has a hundred thousand members. */
void members_name(struct buf *out, const char *member)
{
    size_t len = member ? strlen(member) : 0;
    char *start = buf_room(out, len + 4), *to = start;
    if (is_next(out)) {
        *to++ = ',';
    }
    if (member) {
        *to++ = '"';
        memcpy(to, member, len);
        to += len;
        *to++ = '"';
        *to++ = ':';
    }
    *to = '\0';
    out->len += (size_t)(to - start);
}

void members_open(struct buf *out, const char *member, char bracket)
{
    members_name(out, member);
    buf_byte(out, bracket);
}

void members_close(struct buf *out, char bracket)
{
    buf_byte(out, bracket);
}

void members_number(struct buf *out, const char *member, uint64_t n)
{
    members_name(out, member);
    buf_number(out, n);
}

/* As cJSON writes it, so that a number looks the same wherever it stands. */
void members_real(struct buf *out, const char *member, double x)
{
    char text[REAL_BYTES];
    if (!isfinite(x)) {
        members_word(out, member, NULL);
        return;
    }
    members_name(out, member);
    bool is_whole = x > INT_MIN && x < INT_MAX && fabs(x - (int)x) <= 0;
    int len = is_whole ? snprintf(text, sizeof text, "%d", (int)x)
                       : snprintf(text, sizeof text, "%1.15g", x);
    if (!is_whole && fabs(strtod(text, NULL) - x) > 0) {
        len = snprintf(text, sizeof text, "%1.17g", x);
    }
    buf_add(out, (struct span){text, (size_t)len});
}

void members_text(struct buf *out, const char *member, struct span text)
{
    members_name(out, member);
    escape_json(out, text);
}

void members_word(struct buf *out, const char *member, const char *word)
{
    members_name(out, member);
    if (!word) {
        buf_text(out, "null");
        return;
    }
    size_t len = strlen(word);
    char *to = buf_room(out, len + 2);
    to[0] = '"';
    memcpy(to + 1, word, len);
    to[len + 1] = '"';
    to[len + 2] = '\0';
    out->len += len + 2;
}
