/* The kinds of sections of the configuration file: which settings each has, and how it is taken
 * over. */
#ifndef TEAPOT_CONFIG_KINDS_H
#define TEAPOT_CONFIG_KINDS_H

#include "config/settings.h"
#include "config/stanza.h"

struct kind_key {
    const char *name;
    bool list;
};

struct kind {
    const char *name; /* NULL: the settings outside sections */
    bool titled;      /* there may be several, each with a title; else one at most */
    struct kind_key keys[STANZA_KEYS];
    /* Checks a section and puts it into the settings. 0, or -EINVAL with the file's problem filled.
     */
    int (*take)(const struct stanza *s, struct config *c);
};

/* All kinds, in the order in which they are taken; their number goes to `*n`. Static. */
const struct kind *kinds_all(size_t *n);

/* Reads one word of `dimensions`; 0, or -EINVAL with `why`. Its bit is added to `keep`. */
int kinds_dimension(struct span word, unsigned *keep, struct problem *why);

#endif
