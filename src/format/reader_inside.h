/* What a reader is made of, for reader.c and reader_clone.c only. */
#ifndef TEAPOT_FORMAT_READER_INSIDE_H
#define TEAPOT_FORMAT_READER_INSIDE_H

#include "base/buf.h"
#include "event/field.h"
#include "parsers/lang/envelope.h"
#include "parsers/parser.h"

struct states; /* format/states.h */

enum {
    CANDIDATES = 64,
    NOBODY = CANDIDATES,
    LEARNED = 1,      /* room for the layout that may be learned, behind the others */
    UNMISTAKABLE = 7, /* weight of formats whose lines can hardly be another's */
};

struct candidate {
    const struct parser *parser;
    char *args; /* NULL: none */
    void *state;
    bool is_open, is_shared; /* its state */
    unsigned accepted;       /* lines of the vote */
    unsigned inside;         /* … that were in envelopes which the format does not know */
};

/* What a clone began with, and how far that had a say: see reader_fits. */
struct reader_start {
    unsigned chosen, rival, rival_run, switches;
    unsigned lead;       /* lines that a rival took before the first that the chosen one took */
    bool is_met;         /* … which came */
    bool has_chosen;     /* the choice was changed */
    size_t memory_bytes; /* of all candidates */
    char *memory;
    uint64_t parts; /* of lines in envelopes: their sum */
};

struct reader {
    unsigned n;
    unsigned chosen, last; /* numbers in `all`, or NOBODY */
    unsigned rival,
        rival_run; /* who took the last lines that the chosen one refused, and how many */
    unsigned voted, vote_lines; /* lines seen in the vote; those that were more than comments */
    size_t vote_bytes;
    unsigned switches;
    bool is_auto, is_undecided;
    bool is_enveloped; /* lines of the vote were, so look there first */
    char *layout;      /* that was learned from the lines, or NULL: arguments of the last one */
    struct buf unread; /* lines that show it, while it is not known which format they are in */
    unsigned n_unread;
    const enum field *dropped; /* FIELD_SKIP at the end, or NULL */
    struct states *states;     /* that are shared, or NULL */
    struct envelope *envelope; /* NULL until a line is not read as it is */
    char *reason;              /* NULL: none yet, or the format was named */
    struct reader_start start;
    const struct parser *asleep_as; /* the chosen one, while the candidates are given back */
    struct candidate *all; /* heaviest first; only those that were named when some were named */
};

/* Opens the state of a candidate that has none. */
void reader_open_state(const struct reader *r, struct candidate *c);

/* Gives back what was made of a line's envelopes. */
void reader_drop_envelope(struct reader *r);

/* Takes over a text. */
void reader_set_reason(struct reader *r, char *reason);

/* Parts that wait for the end of their line, as one number. */
uint64_t reader_parts(const struct reader *r);

#endif
