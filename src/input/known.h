/*
 * The files a tail knows: those it reads, those that were rotated away but that a followed name
 * still leads to, and the positions of the last few that went out of sight. Found by device and
 * inode.
 */
#ifndef TEAPOT_INPUT_KNOWN_H
#define TEAPOT_INPUT_KNOWN_H

#include "input/followed.h"

enum {
    KNOWN_GONE = 32, /* positions that are kept of files out of sight */
};

/* A zeroed struct is empty. */
struct known {
    struct tail_file *first, *last; /* in the order they were found */
    struct keymap by_identity;
    struct tail_position gone[KNOWN_GONE];
    unsigned next_gone;
};

/* Frees all files. */
void known_done(struct known *k);

/* The file that `st` is of, or NULL. */
struct tail_file *known_find(const struct known *k, const struct stat *st);

/* Adds a file that was found under `home`, as its newest. It belongs to `k`. */
void known_add(struct known *k, struct tail_file *f, struct name *home);

/* Adds a file that comes before another one of the same home. */
void known_add_before(struct known *k, struct tail_file *f, struct tail_file *next);

/* Makes a file the newest of its home again. */
void known_renew(struct tail_file *f);

/* Forgets and frees a file that no name leads to. */
void known_drop(struct known *k, struct tail_file *f);

/* Has the writer of a rotated file gone on to another? An empty one was only created, by logrotate
 * for example: the server goes on in the old file until it is told to open the new one, which may
 * take minutes. */
bool known_has_successor(const struct tail_file *f);

/* May there be a file at the path that was never seen, made since `since_ns` (wall time)? Most
 * events tell of the followed file's own renaming, or of older ones: to read the folder for each
 * would be slow where thousands of logs are rotated at once. */
bool known_may_lack(const struct known *k, int64_t since_ns, const char *path);

/* Keeps the position of a file for known_take_gone. */
void known_remember(struct known *k, const struct tail_file *f);

/* Finds the position of an open file that went out of sight a while ago, by the device and inode in
 * `p`, and takes it from the list. 1, or 0 when there is none that fits, or a negative errno when
 * that can't be read. */
int known_take_gone(struct known *k, int fd, struct tail_position *p);

#endif
