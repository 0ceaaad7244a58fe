/*
 * A log format written as text with variables, compiled to steps that read a line from left to
 * right. Which variables there are, and what they mean, is the caller's table (a dialect): this
 * engine knows only shapes. Steps behind the last wanted field are never taken.
 */
#ifndef TEAPOT_SCAN_TEMPLATE_H
#define TEAPOT_SCAN_TEMPLATE_H

#include "base/diag.h"
#include "base/marks.h"
#include "base/span.h"

enum {
    TEMPLATE_STEPS = 64,
    TEMPLATE_LITERALS = 1024, /* bytes of all texts between variables */
};

/* How the text of a variable looks, as far as it helps to find its end. */
enum template_shape {
    TEMPLATE_TEXT,   /* anything, up to the literal that follows */
    TEMPLATE_WORD,   /* the same, but without blanks in it: addresses and server names */
    TEMPLATE_STATUS, /* a status word: one to three digits, "-" or "-1" */
    TEMPLATE_NUMBER, /* digits, with sign or fraction, or "-" */
    TEMPLATE_CLF,    /* 22/Nov/2026:16:29:32 +0000, or the like with a fraction */
    TEMPLATE_ISO, /* 2026-11-22T16:29:32+00:00, or with a blank, a fraction, another zone or none */
    TEMPLATE_LIST,   /* words joined by ", " and " : " */
    TEMPLATE_TIMERS, /* five numbers with slashes between, as HAProxy's "0/0/1/63/+64" */
    TEMPLATE_CAPS,   /* capital letters, digits and underlines: TCP_MISS, HIER_DIRECT */
    TEMPLATE_BLANKS, /* any number of blanks, also none; what follows begins behind them */
    TEMPLATE_TAIL,   /* belongs to the variable right before it ($args, %q) */
};

/* How quotes are protected inside a quoted variable. */
enum template_escape {
    TEMPLATE_BACKSLASH, /* \" is no end: nginx, Apache, Varnish, JSON */
    TEMPLATE_RAW,       /* the first quote that fits is the end: HAProxy, escape=none */
};

struct template_step {
    uint16_t literal;    /* what follows the variable: where its bytes stand … */
    uint8_t literal_len; /* … and how many; 0 only in the last step */
    uint8_t anchor;      /* which of them is searched for: the rarest */
    uint64_t word, mask; /* its first eight bytes, for comparing all of it at once */
    int32_t word_room; /* bytes that must be there for that; more than any line for long literals */
    uint8_t slot;      /* the caller's number for the variable; 0: not wanted */
    uint8_t shape;
    bool quoted;    /* the literal begins with a quote that may be protected */
    bool next_fits; /* the next step has no shape that must fit */
    uint8_t pace;   /* how a walk takes it, and along which byte's marks: scan/walk.c */
    char mark;
};

struct template
{
    uint8_t n_steps;
    uint8_t n_needed;  /* steps up to the last wanted one; all without `open_end`, or if strict */
    uint8_t status_at; /* step of the status */
    uint8_t head_len;  /* bytes of literal before the first variable, at the start of `literals` */
    bool open_end;     /* more may follow the last step */
    bool is_strict;    /* numbers and ISO times must look like such, and all steps are taken: set
                          before    the first one */
    uint8_t escape;    /* enum template_escape */
    uint16_t literals_len;
    bool can_walk;          /* this and what follows: see walk_prepare in scan/walk.h */
    struct marks_set marks; /* that a walk goes along */
    struct template_step steps[TEMPLATE_STEPS];
    char literals[TEMPLATE_LITERALS];
};

/* Begins an empty template. */
void template_init(struct template *t, enum template_escape escape);

/* Appends text that stands in every line. 0, or -E2BIG with `why`. */
int template_add_literal(struct template *t, struct span text, struct problem *why);

/* Appends a variable; `slot` 0 when its value is not wanted. 0, or -E2BIG or -EINVAL with `why`. */
int template_add_field(struct template *t, uint8_t slot, enum template_shape shape,
                       struct problem *why);

/* Ends the template; with `open_end` lines may go on behind it. Fails without a status: -EINVAL. */
int template_finish(struct template *t, bool open_end, struct problem *why);

/* Says of a finished template that nobody wants the values of a slot: they are not looked for any
 * more. */
void template_drop(struct template *t, uint8_t slot);

enum template_result {
    TEMPLATE_NONE,  /* not a line of this format, or no status where it should be */
    TEMPLATE_PART,  /* cut, or garbage, somewhere behind the status */
    TEMPLATE_WHOLE, /* fits up to the last wanted step; without `open_end` to the end of the line */
};

/* Reads a line: `out[i]` becomes the text of step i, for all steps up to the last wanted one. A
 * line that is cut somewhere behind its status is read as far as it goes: the rest of `out` is
 * empty. */
enum template_result template_read(const struct template *t, struct span line,
                                   struct span out[TEMPLATE_STEPS]);

/* How far a line fits that template_read refuses: the number of steps that do, and where the text
 * of the next one was to begin, as an offset. All steps, when it is only the end that does not fit.
 */
unsigned template_reach(const struct template *t, struct span line, size_t *offset);

/* Does the literal of a step stand at `at`? */
static inline bool template_literal_at(const struct template *t, const struct template_step *s,
                                       const char *at, const char *end)
{
    uint64_t here;
    if (end - at >= s->word_room) {
        memcpy(&here, at, sizeof(here));
        return ((here ^ s->word) & s->mask) == 0;
    }
    return end - at >= s->literal_len && memcmp(at, t->literals + s->literal, s->literal_len) == 0;
}

/* The end of the text of step `i`, whatever its shape; NULL when it has none. `*next` becomes the
 * end of the next step's text where looking for this one's has found it out. */
const char *template_step_end(const struct template *t, unsigned i, const char *at, const char *end,
                              const char **next);

#endif
