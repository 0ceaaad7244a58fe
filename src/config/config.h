/*
 * The settings of a run, from a configuration file (libConfuse) or from the command line: the same
 * struct, all defaults filled in. Everything in it belongs to it.
 */
#ifndef TEAPOT_CONFIG_CONFIG_H
#define TEAPOT_CONFIG_CONFIG_H

#include "base/choice.h"
#include "base/diag.h"
#include "config/settings.h"
#include "config/value.h"

enum {
    CONFIG_FILE_BYTES = 1 << 20, /* a larger configuration file is a mistake */
};

/* Fills in the defaults: no sources, the default rule, no listeners. Lists are never NULL. */
void config_init(struct config *c);

/* Frees everything; the struct is empty afterwards. */
void config_done(struct config *c);

/* Reads a file. 0, or a negative errno with `why` (file, line, column, did-you-mean); then `c` is
 * as config_init leaves it. `c` must have been initialised; what it holds is freed. */
int config_read(struct config *c, const char *path, struct problem *why);

/* The same from text, `name` stands for the file in messages. */
int config_parse(struct config *c, const char *text, const char *name, struct problem *why);

/* Reads a list "host,route" into bits of `keep`; 0, or -EINVAL with `why`. */
int config_dimensions(struct span list, unsigned *keep, struct problem *why);

/* Reads "10s", "500ms", "2m", "1h", "30d" or plain seconds, into milliseconds. False when it is
 * none. */
static inline bool config_duration(struct span text, int64_t *ms)
{
    return value_duration(text, ms);
}

/* The nearest of `words` (NULL at the end) to a word that is none of them, for "did you mean"; NULL
 * when nothing is near. */
static inline const char *config_nearest(struct span word, const char *const *words)
{
    return choice_nearest(word, words);
}

#endif
