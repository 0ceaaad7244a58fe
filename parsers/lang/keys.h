/*
 * JSON objects and other lists of keys and values, into an event. Keys repeat from line to line, so
 * which field a key names is remembered in a small table.
 */
#ifndef TEAPOT_PARSERS_LANG_KEYS_H
#define TEAPOT_PARSERS_LANG_KEYS_H

#include "event/field.h"

enum {
    KEYS_SLOTS = 128,
    KEYS_GIVEN = 32, /* a key with a dot in it takes two */
    KEYS_SCRATCH = 4096,
};

struct keys_state {
    struct {
        uint64_t hash; /* of the key's bytes; 0: free */
        uint8_t field;
    } slots[KEYS_SLOTS], given[KEYS_GIVEN]; /* looked up before; said by the user */
    unsigned n_given;
    char scratch[KEYS_SCRATCH]; /* values whose escapes had to be replaced */
    size_t used;
};

/* The field that a key names (field_of_key), remembered. `parent` is the key of the object around
 * it, or empty: then "parent.key" is looked up when the key alone is not known at that depth. */
enum field keys_field(struct keys_state *s, struct span parent, struct span key);

/* Says that `key` ("a" or "parent.key") is that field, whatever its name; the usual names of the
 * field then mean nothing. False when the key was given before, or there are too many. */
bool keys_give(struct keys_state *s, struct span key, enum field field);

/* Reads all members of a JSON object into `out`; keys are looked up, escapes replaced. False when
 * the line is no JSON object up to its status; one that ends or goes wrong behind it is partial. */
bool keys_read_json(struct keys_state *s, struct span line, struct event *out);

#endif
