#include "codes/reason.h"

#include "codes/details.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    enum blame blame;
} book[] = {
#define REASON(name, fault, says) {says, BLAME_##fault},
#include "codes/reasons.def"
#undef REASON
};

/* Whose each flag is: a byte for each, so that those of other servers are passed over together. */
static const uint8_t owners[] = {
#define FLAG(whose, value, why) SERVER_##whose,
#include "codes/flags.def"
#undef FLAG
};

static const struct {
    uint8_t len;
    const char *word;
    enum reason reason;
} flags[] = {
#define FLAG(whose, value, why) {sizeof(value) - 1, value, REASON_##why},
#include "codes/flags.def"
#undef FLAG
};

uint16_t reason_count(void)
{
    return (uint16_t)(REASONS + details_count());
}

char *reason_text(uint16_t reason, char out[REASON_TEXT])
{
    if (reason < REASONS) {
        snprintf(out, REASON_TEXT, "%s", book[reason].text);
    } else if (reason < reason_count()) {
        const struct detail *d = details_at(reason - (size_t)REASONS);
        snprintf(out, REASON_TEXT, "%s %s", d->word, d->name);
    } else {
        out[0] = '\0';
    }
    return out;
}

enum blame reason_blame(uint16_t reason)
{
    return reason < REASONS          ? book[reason].blame
           : reason < reason_count() ? details_at(reason - (size_t)REASONS)->blame
                                     : BLAME_UNKNOWN;
}

/* The number of a server's first flag that is not before number `i`; the number of all flags when
 * there is none. */
static size_t next_flag(enum server server, size_t i)
{
    if (i < sizeof(owners) && owners[i] != server) {
        const uint8_t *at = memchr(owners + i, (int)server, sizeof(owners) - i);
        i = at ? (size_t)(at - owners) : sizeof(owners);
    }
    return i;
}

uint16_t reason_of_flag(enum server server, struct span word)
{
    if (word.len == 0) {
        return REASON_NONE;
    }
    for (size_t i = next_flag(server, 0); i < sizeof(owners); i = next_flag(server, i + 1)) {
        if (flags[i].len == word.len && memcmp(flags[i].word, word.ptr, word.len) == 0) {
            return (uint16_t)flags[i].reason;
        }
    }
    return REASON_NONE;
}
