/*
 * The names that are followed: those given as they are, and those that globs find. A name outlives
 * its files: they are rotated away under it. This is bookkeeping of names only; tail.c opens what
 * they lead to.
 */
#ifndef TEAPOT_INPUT_NAMES_H
#define TEAPOT_INPUT_NAMES_H

#include "input/keymap.h"
#include "input/watch.h"

struct tail_file;

struct name {
    struct name *prev, *next; /* in the order they were found */
    struct watch *watch;
    char *real; /* where a symbolic link leads to in the end, NULL when it is none */
    struct watch *real_watch;
    /* The rest belongs to tail.c. */
    void *user;
    struct tail_file *file;   /* that the name leads to, or NULL; its home may be another name */
    struct tail_file *newest; /* of the files whose home this is; older ones hang on it */
    struct name *next_queued;
    uint64_t missing_ms; /* loop time */
    uint64_t lost_bytes; /* of earlier files, not told yet */
    int64_t settled_ns;  /* wall time: of the files beside it, all that were there then are known */
    int error;           /* that was told last */
    bool is_queued;
    bool was_found;   /* on_found was called */
    bool is_missing;  /* since missing_ms */
    bool look_beside; /* something happened to a file that may be one of its rotated ones */
    bool is_literal;  /* names.c: given as it is, so it stays though there is no file */
    char path[];
};

struct names_pattern {
    char *text;
    bool is_glob, is_flat; /* flat: wildcards in the last part only */
    struct watch *watch;   /* of the folder before the first wildcard */
};

struct names {
    struct names_pattern *patterns;
    size_t n_patterns;
    char **exclude;
    size_t n_exclude;
    char **rotated; /* globs of rotated files elsewhere */
    size_t n_rotated;
    struct watch_set *watches;
    struct keymap by_path;
    struct name *first, *last;
    size_t n_links; /* names with `real` */
};

/* Copies the lists, each NULL at its end; all but `paths` may be NULL. The watches belong to the
 * caller.
 */
void names_init(struct names *n, const char *const *paths, const char *const *exclude,
                const char *const *rotated, struct watch_set *watches);
void names_done(struct names *n);

/* Evaluates the globs and adds what is new; comes after watch_look, and passes over those whose
 * folder did not change since the look before. */
void names_scan(struct names *n);

/* The name with this path, or NULL. */
struct name *names_find(const struct names *n, const char *path);

/* The name that a path may be a rotated file of: that in front of one of its dots or dashes. NULL:
 * of none. */
struct name *names_beside(const struct names *n, const char *path);

/* All that lies beside the name now is known, or was read before: sets `settled_ns`, to the last
 * second. */
void names_settle(struct name *name);

/* The name with this path, added where a glob finds it; NULL when none does or it is left out. */
struct name *names_discover(struct names *n, const char *path);

/* Notes where the name leads to if it is a symbolic link, and watches that folder too. */
void names_resolve(struct names *n, struct name *name);

/* Forgets a name. */
void names_drop(struct names *n, struct name *name);

#endif
