/*
 * JSON objects and other lists of keys and values, into an event. Keys repeat from line to line, so
 * which field a key names is remembered in a small table.
 */
#ifndef TEAPOT_PARSERS_LANG_KEYS_H
#define TEAPOT_PARSERS_LANG_KEYS_H

#include "event/field.h"
#include "scan/jsonmemo.h"

enum {
    KEYS_SLOTS = 128,
    KEYS_GIVEN = 64, /* a key with a dot in it takes two */
    KEYS_NOTES = 4,
    KEYS_SCRATCH = 4096, /* for a line */
    KEYS_BATCH = 4 * KEYS_SCRATCH,
};

struct keys_state {
    struct {
        uint64_t hash; /* of the key's bytes; 0: free */
        uint8_t field;
    } slots[KEYS_SLOTS], given[KEYS_GIVEN]; /* looked up before; said by the user */
    unsigned n_given;
    uint64_t dropped;         /* fields that nobody wants, a bit for each */
    char scratch[KEYS_BATCH]; /* values whose escapes had to be replaced */
    size_t used, room;        /* of `scratch`: by all lines of a batch, and what this one may */
    struct jsonmemo memo;     /* tags are fields, or FIELDS and more for what is noted */
    struct marks_set marks;   /* ready when its `find` is there */
};

/* Members of the outermost object whose value is wanted as it is, quotes off. Once the first two
 * have values, later ones of the same names change nothing. */
struct keys_notes {
    const char *names[KEYS_NOTES]; /* NULL behind the last */
    struct span values[KEYS_NOTES];
};

/* The field that a key names (field_of_key), remembered. `parent` is the key of the object around
 * it, or empty: then "parent.key" is looked up when the key alone is not known at that depth. */
enum field keys_field(struct keys_state *s, struct span parent, struct span key);

/* Says that `key` ("a" or "parent.key") is that field, whatever its name; the usual names of the
 * field then mean nothing. False when the key was given before, or there are too many. */
bool keys_give(struct keys_state *s, struct span key, enum field field);

/* Leaves a field out from now on. Fits parser.drop: the state is a struct keys_state. */
void keys_drop(void *state, int field);

/* Makes room for the unescaped values of a line: those of the lines before are kept, up to the call
 * with `is_first`. False when there is none left. */
bool keys_begin(struct keys_state *s, bool is_first);

/* Reads all members of the object that `scan` starts at into `out`; keys are looked up, escapes
 * replaced. keys_begin comes first. `notes` is
 * NULL for all lines of a state, or has the same names for all. False when the line is no JSON
 * object up to its status; one that ends or goes wrong behind it is partial. */
bool keys_read(struct keys_state *s, struct jsonscan *scan, struct keys_notes *notes,
               struct event *out);

/* keys_read for a line by itself. */
bool keys_read_json(struct keys_state *s, struct span line, struct event *out);

/* Says of a time whether it is the text of the line before, in the same call of parse_lines;
 * `before` is NULL for the first. */
void keys_same_time(struct event *e, const struct event *before);

/* The bytes that jsonscan_among wants to be marked. Fits parser.marks. */
const struct marks_set *keys_marks(void *state);

#endif
