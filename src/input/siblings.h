/*
 * The rotated files beside a followed one: access.log.1, access.log-20261122, access.log.2.gz.
 * Which of them is the file that was read before, under its new name, copied or packed, is told by
 * device and inode or by the head; packed ones are unpacked for that.
 */
#ifndef TEAPOT_INPUT_SIBLINGS_H
#define TEAPOT_INPUT_SIBLINGS_H

#include "input/moved.h"
#include "input/tail_types.h"

#include <stdbool.h>
#include <sys/stat.h>

enum {
    SIBLINGS = 64, /* of one name that are looked at, the youngest ones */
};

struct sibling {
    char *path;
    struct stat st;
    bool is_packed;
    bool is_moved;    /* it stood at the name itself, before it was renamed */
    bool is_numbered; /* what is behind the name begins with a digit, as rotation makes it */
    char *head;       /* at most TAIL_HEAD_BYTES, unpacked; NULL: not read yet */
    size_t head_len;
};

struct siblings {
    struct sibling
        all[SIBLINGS]; /* the oldest first, by the time of their last change of content */
    size_t n;
};

/* Where the rotated files of a log may be: beside its path, and where globs say. */
struct siblings_at {
    const char *path;
    char *const *globs;
    size_t n_globs;
    const struct moved *moved; /* NULL: of no rename is anything known */
};

/* When its content was changed last, in ns since 1970. */
static inline int64_t sibling_changed_ns(const struct sibling *s)
{
    return (int64_t)s->st.st_mtim.tv_sec * 1000000000 + s->st.st_mtim.tv_nsec;
}

/* Finds those of a path. A zeroed struct is empty; freed with siblings_done. */
void siblings_find(struct siblings *s, const struct siblings_at *at);
void siblings_done(struct siblings *s);

/* The one that a position belongs to: the same file, or else one with the same head and end of what
 * was read. NULL: there is none. */
struct sibling *siblings_of(struct siblings *s, const struct tail_position *p);

/* Has the sibling the head of the position? A position without a head has that of no file. The head
 * is read once. */
bool sibling_has_head(struct sibling *s, const struct tail_position *p);

/* Is it a copy of what was read up to the position, or of more? */
bool sibling_is_copy(struct sibling *s, const struct tail_position *p);

/* Is it a copy of the open file, or of what that was when it was shorter? An empty one is none, and
 * -1 is no file. 1 or 0, or a negative errno when that file can't be read now. */
int sibling_is_prefix(struct sibling *s, int fd);

/* Does it begin with all that the open file holds? 1 or 0, or a negative errno. */
int sibling_begins_with(struct sibling *s, int fd);

/* Opens it for reading from `offset` on. What is packed is unpacked into a file without a name, in
 * which the bytes between its head and those just before `offset` are a hole. A descriptor, or a
 * negative errno. */
int sibling_open(const struct sibling *s, uint64_t offset);

#endif
