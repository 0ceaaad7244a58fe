#define _XOPEN_SOURCE 700 /* realpath */

#include "config/from.h"

#include "base/alloc.h"
#include "base/choice.h"
#include "config/found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const servers[] = {"nginx", "apache", "haproxy", "caddy", NULL};

static int (*const readers[])(struct found *f) = {from_nginx, from_apache, from_haproxy,
                                                  from_caddy};

/* The root without slashes at its end; a relative one becomes absolute, since what is printed is
 * read elsewhere. NULL with errno. Freed by the caller. */
static char *absolute(const char *root)
{
    struct span folder = span_of(root);
    while (folder.len && folder.ptr[folder.len - 1] == '/') {
        folder.len--;
    }
    return folder.len && root[0] != '/' ? realpath(root, NULL) : alloc_text(folder);
}

int from_server(struct span server, const char *root, struct buf *out, struct problem *why)
{
    int which = choice_find(server, servers, "server", why);
    if (which < 0) {
        return -EINVAL;
    }
    char *mine = absolute(root);
    if (!mine) {
        int error = -errno;
        problem_set(why, "%s", strerror(-error));
        problem_at(why, root, 0, 0);
        return error;
    }
    struct found f = {.server = servers[which], .root = mine, .why = why};
    int r = readers[which](&f);
    if (r == 0) {
        found_write(&f, out);
    }
    found_done(&f);
    free(mine);
    return r;
}
