/*
 * What a server's own configuration says about its logs, while it is read: where they are, and how
 * they are laid out. For the files from_NAME.c, one for each server, each a reader of that server's
 * grammar as far as logs are concerned; what they find comes out as our configuration.
 */
#ifndef TEAPOT_CONFIG_FOUND_H
#define TEAPOT_CONFIG_FOUND_H

#include "base/buf.h"
#include "base/diag.h"

enum {
    FOUND_DEPTH = 16,      /* files that include one another */
    FOUND_BYTES = 1 << 22, /* of all files together */
};

struct found_log {
    char *path;   /* as seen from here; may be a pattern */
    char *format; /* for --format; several are divided by line ends */
};

/* A zeroed one with `server` and `root` is ready; freed with found_done. */
struct found {
    const char *server; /* "nginx": the first part of the names of sources */
    const char *root;   /* the folder that is "/" to the server; "" for ours */
    struct found_log *logs;
    size_t n_logs;
    struct buf notes; /* lines of comment: what can't be followed, and why */
    size_t bytes;     /* read so far */
    char **files;     /* that were read: their names are places in notes */
    size_t n_files;
    struct problem *why;
};

void found_done(struct found *f);

/* Where a line of a configuration is, for notes. */
struct found_place {
    const char *file;
    int line;
};

/* Adds a log. `path` is the server's: a "*" stands for what it fills in itself. A log that is there
 * already is not added again; another format for it is one more that its lines may have. A format
 * that can't be read makes a note instead. */
void found_add(struct found *f, struct found_place at, struct span path, struct span format);

/* Adds a comment, with its place. */
void found_note(struct found *f, struct found_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A path of the server as one from here. What lies below the root already stays as it is. Freed by
 * the caller. */
char *found_path(const struct found *f, struct span path);

/* Joins a path of a configuration to a folder, when it is a relative one. Freed by the caller. */
char *found_join(struct span folder, struct span path);

/* The folder that a file is in. */
struct span found_folder(const char *file);

/* Reads a file (a path from here) and ends it with a NUL that is not counted in `text->len`. Its
 * name, for notes, lives as long as `f`. NULL with `*error`, a negative errno, and f->why. */
const char *found_read(struct found *f, const char *path, struct buf *text, int *error);

/* The same for a file that need not be there: false when it can't be read, and nothing is said. */
bool found_try(struct found *f, const char *path, struct buf *text);

/* The first of the paths (the server's, NULL at the end) that is a file; freed by the caller. NULL
 * when none is, with f->why filled. */
char *found_first(struct found *f, const char *const *paths);

typedef int found_file_fn(void *ctx, const char *path);

/* Calls `fn` for each file that a pattern (a path from here) matches, in order of name. Stops at
 * the first that does not return 0, and returns that. */
int found_each(const char *pattern, found_file_fn *fn, void *ctx);

/* Writes all of it as a configuration. */
void found_write(const struct found *f, struct buf *out);

/* The logs of one server. 0; or -EINVAL or -errno with f->why. */
int from_nginx(struct found *f);
int from_apache(struct found *f);
int from_haproxy(struct found *f);
int from_caddy(struct found *f);

#endif
