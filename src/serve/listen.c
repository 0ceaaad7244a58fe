/*
 * A socket file that is there already is replaced only when it is a socket and connect() says that
 * nobody listens; a second daemon on the same path is refused. TCP addresses are numbers: a name
 * that has to be looked up would hold up the loop at a reload.
 */
#define _GNU_SOURCE /* struct ucred */
#include "serve/listen.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Any socket address; the members share their first field, the family. */
union address {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    struct sockaddr_storage room;
};

/* "unix:/path". A relative path would depend on where the daemon was started. */
static int unix_address(const char *path, union address *out, socklen_t *len, struct problem *why)
{
    size_t bytes = strlen(path);
    if (path[0] != '/' || bytes >= sizeof(out->un.sun_path)) {
        problem_set(why, "unix:%s: the path must be absolute and shorter than %zu bytes", path,
                    sizeof(out->un.sun_path));
        return -EINVAL;
    }
    memset(out, 0, sizeof(*out));
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, bytes + 1);
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + 1);
    return 0;
}

/* Splits "127.0.0.1:9418" or "[::1]:9418" at its last colon. */
static bool split_port(const char *text, char host[64], char port[8])
{
    const char *colon = strrchr(text, ':');
    if (!colon) {
        return false;
    }
    struct span name = {text, (size_t)(colon - text)};
    if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']') {
        name = (struct span){name.ptr + 1, name.len - 2};
    }
    uint64_t number = 0;
    if (name.len == 0 || name.len >= 64 || !span_to_u64(span_of(colon + 1), &number) ||
        number > 65535) {
        return false;
    }
    bool local = span_is(name, "localhost");
    snprintf(host, 64, "%.*s", local ? 9 : (int)name.len, local ? "127.0.0.1" : name.ptr);
    snprintf(port, 8, "%u", (unsigned)number);
    return true;
}

/* "tcp:addr:port". Without AI_NUMERICHOST this could ask a name server, and wait. */
static int tcp_address(const char *text, union address *out, socklen_t *len, struct problem *why)
{
    char host[64], port[8];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    if (!split_port(text, host, port) || getaddrinfo(host, port, &hints, &found) != 0) {
        problem_set(why, "tcp:%s: an address and a port are wanted, such as tcp:127.0.0.1:9418",
                    text);
        return -EINVAL;
    }
    memset(out, 0, sizeof(*out));
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int read_spec(const char *spec, union address *out, socklen_t *len, struct problem *why)
{
    if (span_starts(span_of(spec), SPAN("unix:"))) {
        return unix_address(spec + 5, out, len, why);
    }
    if (span_starts(span_of(spec), SPAN("tcp:"))) {
        return tcp_address(spec + 4, out, len, why);
    }
    problem_set(why, "%s: a listener is unix:/PATH or tcp:ADDRESS:PORT", spec);
    return -EINVAL;
}

/* Unix sockets count as such: nobody outside the machine reaches them. */
static bool is_loopback(const union address *a)
{
    if (a->any.sa_family == AF_UNIX) {
        return true;
    }
    if (a->any.sa_family == AF_INET) {
        return ntohl(a->in4.sin_addr.s_addr) >> 24 == 127;
    }
    const struct in6_addr *six = &a->in6.sin6_addr;
    return a->any.sa_family == AF_INET6 &&
           (IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127));
}

/* Everybody who reaches the machine could read from such a listener: that has to be wanted. */
static int check_exposure(const union address *a, const struct serve_options *options,
                          struct problem *why)
{
    if (is_loopback(a) || options->token || options->insecure) {
        return 0;
    }
    problem_set(why, "a TCP listener outside loopback needs a token, or insecure = true beside it");
    return -EACCES;
}

/* Must follow the call that failed at once, because it reads errno. */
static int failed(const char *spec, const char *what, struct problem *why)
{
    int error = errno;
    problem_set(why, "%s: %s: %s", spec, what, strerror(error));
    return -error;
}

/* Removes a socket file that nobody listens on. 0, or a negative errno: it is in use, or no socket.
 */
static int remove_stale(const struct sockaddr_un *un, socklen_t len)
{
    struct stat st;
    /* connect() to a file that is no socket gives ECONNREFUSED as well. */
    if (lstat(un->sun_path, &st) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (!S_ISSOCK(st.st_mode)) {
        return -EEXIST;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    int rc = connect(fd, (const struct sockaddr *)un, len) == 0 ? -EADDRINUSE : -errno;
    close(fd);
    if (rc != -ECONNREFUSED) {
        return rc == -EAGAIN ? -EADDRINUSE : rc; /* its backlog is full: alive */
    }
    return unlink(un->sun_path) == 0 || errno == ENOENT ? 0 : -errno;
}

/* The daemon makes the last folder of the path itself where no service manager did it. */
static void make_folder(const char *path)
{
    char *folder = alloc_text(span_of(path));
    *strrchr(folder, '/') = '\0';
    if (folder[0]) {
        mkdir(folder, 0755);
    }
    free(folder);
}

/* Binds, after removing what is in the way if that may be removed. */
static int bind_unix(int fd, const struct sockaddr_un *un, socklen_t len)
{
    const struct sockaddr *address = (const struct sockaddr *)un;
    if (bind(fd, address, len) == 0) {
        return 0;
    }
    if (errno == ENOENT) {
        make_folder(un->sun_path);
    } else if (errno == EADDRINUSE) {
        int rc = remove_stale(un, len);
        if (rc != 0) {
            return rc;
        }
    }
    return bind(fd, address, len) == 0 ? 0 : -errno;
}

/* A group by its name, or by its number. */
static int find_group(const char *name, gid_t *gid)
{
    uint64_t number = 0;
    if (span_to_u64(span_of(name), &number)) {
        *gid = (gid_t)number;
        return 0;
    }
    char room[16384]; /* groups with very many members don't fit: then their number must be given */
    struct group group, *found = NULL;
    int rc = getgrnam_r(name, &group, room, sizeof(room), &found);
    if (found) {
        *gid = found->gr_gid;
    }
    return found ? 0 : rc ? -rc : -ENOENT;
}

/* Sets group and mode. The socket does not listen yet, so there is no moment of wrong rights. */
/* A new socket is its process's group's: mostly there is nothing to change, which a service manager
 * may have forbidden. */
static bool has_group(const char *path, gid_t gid)
{
    struct stat st;
    return lstat(path, &st) == 0 && st.st_gid == gid;
}

static int set_rights(const char *path, const struct serve_options *options, struct problem *why)
{
    gid_t gid = 0;
    int rc = options->group ? find_group(options->group, &gid) : 0;
    if (rc != 0) {
        problem_set(why, "unix:%s: no group \"%s\"", path, options->group);
        return rc;
    }
    if (options->group && !has_group(path, gid) && lchown(path, (uid_t)-1, gid) < 0) {
        rc = -errno;
        problem_set(why, "unix:%s: it can't be given to group \"%s\": %s", path, options->group,
                    strerror(errno));
        return rc;
    }
    mode_t mode = (mode_t)(options->mode ? options->mode : 0660);
    return chmod(path, mode) == 0 ? 0 : failed(path, "its mode can't be set", why);
}

/* Gives an open unix socket its file, and the file its rights. */
static int place_unix(struct listen_socket *s, const union address *at, socklen_t len,
                      const struct serve_options *options, struct problem *why)
{
    const char *path = at->un.sun_path;
    int rc = bind_unix(s->fd, &at->un, len);
    if (rc == -EADDRINUSE) {
        problem_set(why, "unix:%s: another process listens there already", path);
        return rc;
    }
    if (rc == -EEXIST) {
        problem_set(why, "unix:%s: there is a file that is no socket", path);
        return rc;
    }
    if (rc != 0) {
        problem_set(why, "unix:%s: %s", path, strerror(-rc));
        return rc;
    }
    struct stat st;
    if (lstat(path, &st) < 0) {
        return failed(path, "the socket file is gone", why);
    }
    s->path = alloc_text(span_of(path));
    s->device = st.st_dev;
    s->inode = st.st_ino;
    return set_rights(path, options, why);
}

/* listen(2) comes last: before it nobody can connect, and all rights are checked by then. */
int listen_open(const char *spec, const struct serve_options *options, struct listen_socket *out,
                struct problem *why)
{
    union address at;
    socklen_t len = 0;
    *out = (struct listen_socket){.fd = -1};
    int rc = read_spec(spec, &at, &len, why);
    if (rc == 0) {
        rc = check_exposure(&at, options, why);
    }
    if (rc != 0) {
        return rc;
    }
    out->fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out->fd < 0) {
        return failed(spec, "no socket", why);
    }
    if (at.any.sa_family == AF_UNIX) {
        rc = place_unix(out, &at, len, options, why);
    } else {
        const int on = 1;
        setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        rc = bind(out->fd, &at.any, len) == 0 ? 0 : failed(spec, "can't listen", why);
    }
    if (rc == 0 && listen(out->fd, SOMAXCONN) < 0) {
        rc = failed(spec, "can't listen", why);
    }
    if (rc != 0) {
        listen_close(out);
    }
    return rc;
}

/* -1 when it is no socket, or knows no such option. */
static int option_of(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

/* The address that a socket is bound to, zero behind its end; family AF_UNSPEC when it has none. */
static union address address_of(int fd)
{
    union address at;
    socklen_t len = sizeof(at);
    memset(&at, 0, sizeof(at));
    if (getsockname(fd, &at.any, &len) < 0) {
        at.any.sa_family = AF_UNSPEC;
    }
    return at;
}

/* `out` has the descriptor even after a failure, so that the caller can close it. */
int listen_adopt(int fd, const struct serve_options *options, struct listen_socket *out,
                 struct problem *why)
{
    union address at = address_of(fd);
    *out = (struct listen_socket){.fd = fd};
    if (option_of(fd, SO_ACCEPTCONN) != 1 || option_of(fd, SO_TYPE) != SOCK_STREAM) {
        problem_set(why, "descriptor %d, handed over, is no listening stream socket", fd);
        return -EINVAL;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return failed("a socket handed over", "can't be made non-blocking", why);
    }
    return check_exposure(&at, options, why);
}

/* Compared as bytes: both addresses are zero where nothing was written. */
bool listen_is_at(const struct listen_socket *s, const char *spec)
{
    union address wanted, own = address_of(s->fd);
    socklen_t len = 0;
    if (read_spec(spec, &wanted, &len, NULL) != 0 || wanted.any.sa_family != own.any.sa_family) {
        return false;
    }
    if (own.any.sa_family == AF_UNIX) {
        return strcmp(own.un.sun_path, wanted.un.sun_path) == 0;
    }
    return memcmp(&own, &wanted, len) == 0;
}

int listen_port(const struct listen_socket *s)
{
    union address at = address_of(s->fd);
    if (at.any.sa_family == AF_INET) {
        return ntohs(at.in4.sin_port);
    }
    return at.any.sa_family == AF_INET6 ? ntohs(at.in6.sin6_port) : 0;
}

/* The file goes only while it is ours: a successor may have put its own at the same path. */
void listen_close(struct listen_socket *s)
{
    struct stat st;
    if (s->path && lstat(s->path, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode) {
        unlink(s->path);
    }
    free(s->path);
    s->path = NULL;
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
}

/* The kernel notes who connected (SO_PEERCRED, unix(7)); TCP has nothing like it. */
struct listen_peer listen_peer(int fd)
{
    struct listen_peer peer = {.is_local = option_of(fd, SO_DOMAIN) == AF_UNIX};
    struct ucred who;
    socklen_t len = sizeof(who);
    if (peer.is_local && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0) {
        peer.is_owner = who.uid == 0 || who.uid == geteuid();
    }
    return peer;
}
