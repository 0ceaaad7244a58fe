#include "input/moved.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct moved *m, size_t at)
{
    free(m->paths[at].path);
    m->n--;
    memmove(&m->paths[at], &m->paths[at + 1], (m->n - at) * sizeof(m->paths[0]));
}

/* The place of a path, or n. */
static size_t find(const struct moved *m, const char *path)
{
    size_t at = 0;
    while (at < m->n && strcmp(m->paths[at].path, path) != 0) {
        at++;
    }
    return at;
}

/* Takes a path out. False when it is not there. */
static bool take(struct moved *m, const char *path)
{
    size_t at = find(m, path);
    bool is_there = at < m->n;
    if (is_there) {
        drop(m, at);
    }
    return is_there;
}

void moved_tell(struct moved *m, const char *path, const char *from, bool was_followed)
{
    bool is_of_log = from && (take(m, from) || was_followed);
    (void)take(m, path);
    if (!is_of_log) {
        return;
    }
    if (m->n == MOVED) {
        drop(m, 0);
    }
    m->paths[m->n++] = (struct moved_path){.path = alloc_text(span_of(path))};
}

bool moved_has(const struct moved *m, const char *path)
{
    return find(m, path) < m->n;
}

void moved_age(struct moved *m)
{
    for (size_t i = 0; i < m->n; i++) {
        m->paths[i].age++;
    }
    while (m->n && m->paths[0].age >= MOVED_AGE) {
        drop(m, 0);
    }
}

void moved_done(struct moved *m)
{
    while (m->n) {
        drop(m, m->n - 1);
    }
}
