/*
 * Where files that stood at a followed name were renamed to, as the folder's events told it. What
 * stood at the name is of the log, though another of its files may hold the very same bytes: a copy
 * (copytruncate) is made under a name of its own. Of a rename that no event told, or that was told
 * in another folder, nothing is known here.
 */
#ifndef TEAPOT_INPUT_MOVED_H
#define TEAPOT_INPUT_MOVED_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MOVED = 32,    /* paths that are kept; then the oldest makes way */
    MOVED_AGE = 3, /* so manyth moved_age drops them: what they told was looked at long since */
};

struct moved_path {
    char *path;
    unsigned age;
};

/* All zero is empty. */
struct moved {
    struct moved_path paths[MOVED]; /* the oldest first */
    size_t n;
};

/* There is another file at `path`, or none. It came from `from`, and `was_followed` says that this
 * is a followed name; NULL: it is new, gone, or came from nobody knows where. Both are copied. */
void moved_tell(struct moved *m, const char *path, const char *from, bool was_followed);

/* Did the file at `path` stand at a followed name? */
bool moved_has(const struct moved *m, const char *path);

/* A while is over. */
void moved_age(struct moved *m);

/* Forgets all. */
void moved_done(struct moved *m);

#endif
