#include "alert/on.h"

#include "base/choice.h"

#include <errno.h>

static int add_code(struct rule_on *on, uint16_t status, struct problem *why)
{
    size_t n = 0;
    if (status < 400 || status > 599) {
        problem_set(why, "a rule watches 4xx and 5xx, and %d is neither", status);
        return -EINVAL;
    }
    while (n < ON_CODES && on->codes[n] && on->codes[n] != status) {
        n++;
    }
    if (n == ON_CODES) {
        problem_set(why, "a rule names at most %d codes", ON_CODES);
        return -EINVAL;
    }
    on->codes[n] = status;
    return 0;
}

/* Not "none": nobody is to blame for an answer that is no error. */
static unsigned blame_bit(struct span word)
{
    for (enum blame b = BLAME_NONE + 1; b < BLAMES; b++) {
        if (span_is(word, blame_name(b))) {
            return 1U << b;
        }
    }
    return 0;
}

/* All words there are, for "did you mean"; codes are told by their digits. */
static int refuse(struct span word, struct problem *why)
{
    const char *words[BLAMES + 5] = {"5xx", "4xx", "errors", "vendor", "unparsed"};
    size_t n = 5;
    for (enum blame b = BLAME_NONE + 1; b < BLAMES; b++) {
        words[n++] = blame_name(b);
    }
    choice_unknown(word, words, "kind of error", why);
    return -EINVAL;
}

int on_add(struct rule_on *on, struct span word, struct problem *why)
{
    uint64_t status;
    unsigned blame = blame_bit(word);
    if (span_is(word, "5xx") || span_is(word, "4xx")) {
        on->classes |= word.ptr[0] == '5' ? ON_5XX : ON_4XX;
    } else if (span_is(word, "errors")) {
        on->classes |= ON_4XX | ON_5XX;
    } else if (span_is(word, "vendor")) {
        on->classes |= ON_VENDOR;
    } else if (span_is(word, "unparsed")) {
        on->classes |= ON_UNPARSED;
    } else if (blame) {
        on->blames |= blame;
    } else if (word.len == 3 && span_to_u64(word, &status)) {
        return add_code(on, (uint16_t)status, why);
    } else {
        return refuse(word, why);
    }
    return 0;
}

bool on_has_code(const struct rule_on *on, uint16_t status)
{
    enum status_class class = status_class(status);
    if ((class == CLASS_5XX && on->classes & ON_5XX) ||
        (class == CLASS_4XX && on->classes & ON_4XX)) {
        return true;
    }
    for (size_t i = 0; i < ON_CODES && on->codes[i]; i++) {
        if (on->codes[i] == status) {
            return true;
        }
    }
    return false;
}

/* What has no entry is nobody's; "ietf" is who writes the standards. */
static bool is_vendors(struct verdict v)
{
    const struct code *code = verdict_code(v);
    return code && strcmp(code->owner, "ietf") != 0;
}

bool on_has(const struct rule_on *on, struct verdict v)
{
    return on_has_code(on, v.status) || on->blames >> v.blame & 1 ||
           (on->classes & ON_VENDOR && is_vendors(v));
}

bool on_is_by_class(const struct rule_on *on)
{
    return on->blames == 0 && on->codes[0] == 0 && !(on->classes & ON_VENDOR);
}

bool on_may_be_4xx(const struct rule_on *on)
{
    bool may_be = on->blames || on->classes & (ON_4XX | ON_VENDOR);
    for (size_t i = 0; i < ON_CODES && on->codes[i]; i++) {
        may_be = may_be || on->codes[i] < 500;
    }
    return may_be;
}

/* In any order: a code is not there twice. */
static bool has_codes_of(const struct rule_on *a, const struct rule_on *b)
{
    struct rule_on codes = *a;
    codes.classes = 0;
    for (size_t i = 0; i < ON_CODES && b->codes[i]; i++) {
        if (!on_has_code(&codes, b->codes[i])) {
            return false;
        }
    }
    return true;
}

bool on_equal(const struct rule_on *a, const struct rule_on *b)
{
    return a->classes == b->classes && a->blames == b->blames && has_codes_of(a, b) &&
           has_codes_of(b, a);
}

const char *on_words(const struct rule_on *on)
{
    if (!on_is_by_class(on)) {
        return "Errors";
    }
    return on->classes == ON_UNPARSED ? "Lines that can't be read"
           : on->classes == ON_5XX    ? "5xx errors"
           : on->classes == ON_4XX    ? "4xx errors"
                                      : "Errors (4xx and 5xx)";
}
