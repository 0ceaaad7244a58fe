#include "codes/reason.h"

#include "codes/details.h"

#include <stdio.h>

static const struct {
    const char *text;
    enum blame blame;
} book[] = {
#define REASON(name, fault, says) {says, BLAME_##fault},
#include "codes/reasons.def"
#undef REASON
};

static const struct {
    enum server server;
    uint8_t len;
    const char *word;
    enum reason reason;
} flags[] = {
#define FLAG(whose, value, why) {SERVER_##whose, sizeof(value) - 1, value, REASON_##why},
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

uint16_t reason_of_flag(enum server server, struct span word)
{
    for (size_t i = 0; word.len && i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].server == server && flags[i].len == word.len &&
            memcmp(flags[i].word, word.ptr, word.len) == 0) {
            return (uint16_t)flags[i].reason;
        }
    }
    return REASON_NONE;
}
