#include "config/from.h"

#include "base/alloc.h"
#include "base/choice.h"
#include "config/found.h"

#include <errno.h>
#include <stdlib.h>

static const char *const servers[] = {"nginx", "apache", "haproxy", "caddy", NULL};

static int (*const readers[])(struct found *f) = {from_nginx, from_apache, from_haproxy,
                                                  from_caddy};

int from_server(struct span server, const char *root, struct buf *out, struct problem *why)
{
    int which = choice_find(server, servers, "server", why);
    if (which < 0) {
        return -EINVAL;
    }
    struct span folder = span_of(root);
    while (folder.len && folder.ptr[folder.len - 1] == '/') {
        folder.len--;
    }
    char *mine = alloc_text(folder);
    struct found f = {.server = servers[which], .root = mine, .why = why};
    int r = readers[which](&f);
    if (r == 0) {
        found_write(&f, out);
    }
    found_done(&f);
    free(mine);
    return r;
}
