/* Other servers' configurations, as far as they say where logs are and how they are laid out. */
#ifndef TEAPOT_CONFIG_FROM_H
#define TEAPOT_CONFIG_FROM_H

#include "base/buf.h"
#include "base/diag.h"

/* Appends the source sections that the configuration of "nginx", "apache", "haproxy" or "caddy"
 * makes to `out`, as text of our configuration, with comments for what can't be followed. `root` is
 * the folder that is "/" to the server, "" for our own. 0; -EINVAL for a server that is none of
 * these, or a configuration that can't be understood; or the negative errno of a file. With `why`.
 */
int from_server(struct span server, const char *root, struct buf *out, struct problem *why);

#endif
