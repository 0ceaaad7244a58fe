/* What a rule counts as an error: classes of status codes, single codes, and who is to blame. */
#ifndef TEAPOT_ALERT_ON_H
#define TEAPOT_ALERT_ON_H

#include "base/diag.h"
#include "codes/verdict.h"

enum {
    ON_4XX = 1, /* bits of classes */
    ON_5XX = 2,
    ON_UNPARSED = 4, /* lines that no format read, of all lines; beside nothing else */
    ON_VENDOR = 8,   /* 4xx and 5xx with a code that a vendor made up */
    ON_CODES = 16,   /* codes that one rule may name */
};

/* A line is an error when any of these says so. Without anything, none is. */
struct rule_on {
    unsigned classes;
    unsigned blames;          /* bits, 1 << enum blame; of answers with 4xx or 5xx */
    uint16_t codes[ON_CODES]; /* from 400 to 599; 0 at the end when there are fewer */
};

/* Adds a word: "5xx", "4xx", "errors" (both), "vendor", "unparsed", a code such as "499", or a
 * blame such as "upstream". 0, or -EINVAL with `why`. */
int on_add(struct rule_on *on, struct span word, struct problem *why);

/* Is an answer with that status an error, whoever is to blame and whose code it is? */
bool on_has_code(const struct rule_on *on, uint16_t status);

/* Is an answer with a 4xx or 5xx an error? */
bool on_has(const struct rule_on *on, struct verdict verdict);

/* Is it told by the class of its code alone, or that it has none? */
bool on_is_by_class(const struct rule_on *on);

/* May an answer with a 4xx be an error? */
bool on_may_be_4xx(const struct rule_on *on);

/* Do both count the same? */
bool on_equal(const struct rule_on *a, const struct rule_on *b);

/* As it may begin a sentence: "5xx errors", "Errors (4xx and 5xx)", "Errors",
 * "Lines that can't be read". Static. */
const char *on_words(const struct rule_on *on);

#endif
