#include "input/parked.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* May it be closed without anything being missed? What is read, was rotated away, or has no name of
 * its own any more needs its descriptor. */
static bool may_rest(const struct tail_file *f)
{
    return f->fd >= 0 && f->is_caught_up && !f->is_active && !f->is_lent && !f->is_rotated &&
           !f->is_apart && f->n_names > 0;
}

static bool make_room(const struct known *known)
{
    struct tail_file *oldest = NULL;
    for (struct tail_file *f = known->first; f; f = f->next) {
        oldest = may_rest(f) && (!oldest || f->quiet_ms < oldest->quiet_ms) ? f : oldest;
    }
    if (oldest) {
        close(oldest->fd);
        oldest->fd = -1;
        oldest->is_parked = true;
    }
    return oldest != NULL;
}

int parked_open(struct known *known, const char *path, struct stat *st)
{
    int fd = followed_open(path, st);
    while (fd == -EMFILE && make_room(known)) {
        fd = followed_open(path, st);
    }
    return fd;
}

/* How many descriptors are missing in the reserve: it is tried whether they are to be had. */
static size_t missing(void)
{
    int fds[PARKED_RESERVE];
    size_t n = 0;
    while (n < PARKED_RESERVE && (fds[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0) {
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        close(fds[i]);
    }
    return PARKED_RESERVE - n;
}

void parked_keep_reserve(const struct known *known)
{
    for (size_t n = missing(); n > 0 && make_room(known); n--) {
        /* One after the other. */
    }
}
