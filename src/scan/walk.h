/*
 * Reads many lines of a template at once, step by step: the first step of all lines, then the
 * second, so that each step is a short loop with nothing to decide in it. It is the quick way for
 * lines that are as usual, which nearly all lines of nearly all logs are: it gives what
 * template_read gives for them, and leaves the others to it.
 */
#ifndef TEAPOT_SCAN_WALK_H
#define TEAPOT_SCAN_WALK_H

#include "base/lines.h"
#include "scan/template.h"

enum {
    WALK_LINES = 64, /* read at once */
};

/* How a step is taken (template_step.pace). */
enum walk_pace {
    WALK_MARK,   /* text up to a literal, whose rarest byte is marked */
    WALK_STAMP,  /* the first time in CLF notation */
    WALK_STATUS, /* three digits */
    WALK_NUMBER, /* digits, perhaps with a fraction */
    WALK_TIMERS,
    WALK_LONG, /* WALK_MARK with a literal that takes more than one word to compare */
    WALK_WORD, /* WALK_MARK without blanks in the text */
    WALK_CLF,  /* another time */
    WALK_REST, /* the last one, up to the line's end */
    WALK_STEP, /* what template_step_end says */
};

/* What becomes of a step's text. */
enum walk_kind {
    WALK_NOWHERE,
    WALK_TEXT,    /* a struct span */
    WALK_NAME,    /* a struct span, not written for "-" */
    WALK_CODE,    /* of WALK_STATUS only: the three digits as a uint16_t */
    WALK_VALUE,   /* of WALK_NUMBER only: a whole number as an int64_t, not written for "-" */
    WALK_SECONDS, /* of WALK_NUMBER, seconds with a fraction, or of WALK_TIMERS, the total: as
                     nanoseconds in an int64_t */
};

/* Where it goes: line i's value to `to + i * stride`. */
struct walk_sink {
    enum walk_kind kind;
    char *to;
    size_t stride;
};

/* Lines that are read. Places are offsets from the piece's start. */
struct walk {
    const struct template *t;
    const struct lines *lines;
    unsigned n;               /* lines at the front of the piece that are as usual so far */
    uint32_t at[WALK_LINES];  /* what was read ends before it */
    uint32_t end[WALK_LINES]; /* of the line, its CR taken off */
    char *same;    /* where a bool goes: is the text of WALK_STAMP that of the line before? */
    size_t stride; /* from line to line of `same` */
};

/* Works out how a finished template can be walked. To be called again after template_drop. */
void walk_prepare(struct template *t);

/* Finds the next `max` lines (at most WALK_LINES), or as many as there are; each begins at its
 * start. The marks must be those of t->marks, or more in rows, and t->can_walk be true. */
void walk_begin(struct walk *w, const struct template *t, const struct lines *lines, size_t max);

/* Takes all steps; sinks[i] is for step i. Afterwards w->n lines are read. What was written for the
 * line behind them and those after it means nothing. `w->same` and its stride must be set; nothing
 * is written there when no step is a WALK_STAMP. */
void walk_steps(struct walk *w, const struct walk_sink sinks[TEMPLATE_STEPS]);

/* Moves `lines` behind the first `n` of the lines of a walk. */
void walk_end(struct lines *lines, unsigned n);

#endif
