/* Sockets that listen, as plain descriptors: opened from "unix:/path" or "tcp:addr:port", or handed
 * over by the service manager; and who stands at the other end of a connection. */
#ifndef TEAPOT_SERVE_LISTEN_H
#define TEAPOT_SERVE_LISTEN_H

#include "serve/request.h"

#include <sys/types.h>

/* One listening socket. `path` is the socket file to remove at the end, NULL when there is none or
 * when it is somebody else's; device and inode tell whether the file is still this one's. */
struct listen_socket {
    int fd;
    char *path;
    dev_t device;
    ino_t inode;
};

struct listen_peer {
    bool is_local; /* by a unix socket */
    bool is_owner; /* and root or this process's own user */
};

/* Opens a listener, non-blocking. 0, or a negative errno with `why`, and then nothing is left
 * behind. A unix socket has its mode and group before anybody can connect. */
int listen_open(const char *spec, const struct serve_options *options, struct listen_socket *out,
                struct problem *why);

/* Takes a listening stream socket that was handed over; the same result. The descriptor is only
 * closed by listen_close. */
int listen_adopt(int fd, const struct serve_options *options, struct listen_socket *out,
                 struct problem *why);

/* Does the socket have the address that `spec` means? A spec that can't be read has no address. */
bool listen_is_at(const struct listen_socket *s, const char *spec);

/* Its TCP port, or 0. */
int listen_port(const struct listen_socket *s);

/* Closes the socket and removes its file, if that is still its own. */
void listen_close(struct listen_socket *s);

/* Who is at the other end of a connected socket. */
struct listen_peer listen_peer(int fd);

#endif
