/*
 * One section of the configuration file, as texts, and how its settings become values (a "section"
 * for people, a stanza in the source, where run/ has sections of its own). Each stanza_… function
 * leaves
 * `*out` alone when the setting is not there; it returns 0, or -EINVAL with the file's problem
 * filled and placed.
 */
#ifndef TEAPOT_CONFIG_STANZA_H
#define TEAPOT_CONFIG_STANZA_H

#include "base/diag.h"
#include "base/span.h"

enum {
    STANZA_KEYS = 20, /* settings that one section can have */
};

/* The file that it is from: borrowed while it is read. */
struct stanza_file {
    const char *name;
    struct span text;
    struct problem *why;
};

struct stanza_setting {
    const char *key;
    char **values; /* NULL at the end; as text, quotes and escapes resolved */
    size_t n_values;
};

struct stanza {
    const struct stanza_file *file;
    const char *kind;  /* "source" …; NULL: outside sections */
    const char *title; /* NULL when the kind has none */
    size_t n;          /* which of its kind, from 0 */
    struct stanza_setting settings[STANZA_KEYS];
    size_t n_settings;
};

/* What a duration may be; `unit_ms` is what it is kept in. `words` finish "must be". */
struct stanza_bounds {
    int64_t least_ms, most_ms, unit_ms;
    const char *words;
};

/* The setting of that name, with no values when it is not there. Valid as long as the section. */
struct stanza_setting stanza_get(const struct stanza *s, const char *key);

/* The (last) value of a setting; NULL when it is not there. Valid as long as the section. */
const char *stanza_text(const struct stanza *s, const char *key);

/* Adds to the problem where it stands: value `index` of a setting, or (`key` NULL) the title.
 * -EINVAL. */
int stanza_refuse(const struct stanza *s, const char *key, size_t index);

/* Copies the title as a name: printable ASCII without blanks and quotes, since it goes into command
 * lines ("silence RULE"), labels and file names. It must fit into `size` bytes with its NUL. */
int stanza_name(const struct stanza *s, char *out, size_t size);

/* A duration within bounds, counted in bounds.unit_ms, of which it must be a multiple: so "1500ms"
 * is refused where seconds are kept, rather than rounded. */
int stanza_duration(const struct stanza *s, const char *key, struct stanza_bounds bounds, int *out);
/* A ratio from 0 to 1, written "2%" or "0.02". */
int stanza_ratio(const struct stanza *s, const char *key, double *out);
/* "true", "yes", "on" or "false", "no", "off". */
int stanza_switch(const struct stanza *s, const char *key, bool *out);
/* A file mode in octal digits, with or without a leading 0. */
int stanza_mode(const struct stanza *s, const char *key, int *out);
/* A number of requests; what exceeds 32 bits is a mistake. */
int stanza_count(const struct stanza *s, const char *key, uint64_t *out);

/* The number of the setting's word in `words` (NULL at the end). */
int stanza_choice(const struct stanza *s, const char *key, const char *const *words, int *out);

/* A text that is not empty and has no control bytes, in place of `*out`, which is freed. */
int stanza_take(const struct stanza *s, const char *key, char **out);

/* All values, appended to `*out`, which has NULL at the end. None may be empty. */
int stanza_list(const struct stanza *s, const char *key, char ***out);

#endif
