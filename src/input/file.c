/*
 * The buffer has room for the longest remainder and one chunk behind it, so a read never needs more
 * memory than it began with. Packed files are read in chunks of their own and unpacked into that
 * buffer.
 */
#include "input/file.h"

#include "base/alloc.h"
#include "input/framer.h"
#include "input/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 262144,
    PACKED_BYTES = 65536,
};

struct file {
    char *name; /* as a person knows it */
    int fd;
    bool is_stdin, started;
    int failed;     /* errno that ended the reading, for calls after it */
    bool too_short; /* a packed file ended in the middle */
    uint64_t position, size;
    char *buf; /* FRAMER_LINE_BYTES + CHUNK_BYTES */
    size_t at, len;
    enum unpack_kind kind;
    struct unpack *unpack; /* NULL for plain files */
    char *packed;
    struct span packed_rest;
};

/* Writes an error of the system as a problem with the file. */
static int say(const struct file *f, int error, struct problem *why)
{
    problem_at(why, f->name, 0, 0);
    problem_set(why, "%s", strerror(error));
    return -error;
}

/* Fills in what fstat tells. 0 or a negative errno. */
static int inspect(struct file *f)
{
    struct stat st;
    if (fstat(f->fd, &st)) {
        return -errno;
    }
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    if (S_ISREG(st.st_mode)) {
        /* Standard input may have been read by somebody before us. */
        off_t at = lseek(f->fd, 0, SEEK_CUR);
        f->position = at > 0 ? (uint64_t)at : 0;
        f->size = (uint64_t)st.st_size;
    }
    /* Only a hint; pipes refuse it. */
    (void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

struct file *file_open(const char *path, struct problem *why)
{
    struct file *f = alloc_zero(1, sizeof(*f));
    f->is_stdin = strcmp(path, "-") == 0;
    f->name = alloc_text(span_of(f->is_stdin ? "standard input" : path));
    f->fd = f->is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int error = f->fd < 0 ? -errno : inspect(f);
    if (error) {
        say(f, -error, why);
        file_close(f);
        return NULL;
    }
    f->buf = alloc_zero(FRAMER_LINE_BYTES + CHUNK_BYTES, 1);
    return f;
}

/* read() that neither signals nor a non-blocking descriptor disturb. 0 at the end, or a negative
 * errno. */
static ssize_t read_some(struct file *f, char *to, size_t size)
{
    for (;;) {
        ssize_t n = read(f->fd, to, size);
        if (n >= 0) {
            f->position += (uint64_t)n;
            return n;
        }
        if (errno == EAGAIN) {
            struct pollfd p = {.fd = f->fd, .events = POLLIN};
            (void)poll(&p, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
}

/* The first bytes: enough of them to know what the file is, though a pipe may give them singly. */
static ssize_t read_head(struct file *f)
{
    size_t len = 0;
    ssize_t n = 1;
    while (len < UNPACK_HEAD_BYTES && n > 0) {
        n = read_some(f, f->buf + len, PACKED_BYTES - len);
        len += n > 0 ? (size_t)n : 0;
    }
    f->started = true;
    f->kind = unpack_detect((struct span){f->buf, len});
    if (f->kind != UNPACK_PLAIN) {
        f->unpack = unpack_new(f->kind);
        f->packed = alloc_zero(PACKED_BYTES, 1);
        memcpy(f->packed, f->buf, len);
        f->packed_rest = (struct span){f->packed, len};
        return n < 0 ? n : 0;
    }
    f->len = len;
    return len ? (ssize_t)len : n;
}

/* The packed file has ended or is damaged. */
static int say_damage(const struct file *f, struct problem *why)
{
    problem_at(why, f->name, 0, 0);
    if (f->too_short) {
        problem_set(why, "the %s data ends too early; what came before was read",
                    unpack_name(f->kind));
    } else {
        problem_set(why, "the %s data is damaged near byte %llu; what came before was read",
                    unpack_name(f->kind), (unsigned long long)file_position(f));
    }
    return -EILSEQ;
}

/* Appends at most a chunk of unpacked bytes. Like file_read. */
static int read_packed(struct file *f, struct problem *why)
{
    for (;;) {
        ptrdiff_t n = unpack_some(f->unpack, &f->packed_rest, f->buf + f->len, CHUNK_BYTES);
        if (n > 0) {
            f->len += (size_t)n;
            return 1;
        }
        if (n < 0) {
            return say_damage(f, why);
        }
        ssize_t got = read_some(f, f->packed, PACKED_BYTES);
        if (got < 0) {
            return say(f, (int)-got, why);
        }
        if (got == 0) {
            f->too_short = !unpack_at_end(f->unpack);
            return f->too_short ? say_damage(f, why) : 0;
        }
        f->packed_rest = (struct span){f->packed, (size_t)got};
    }
}

/* Appends new bytes to the buffer. Like file_read. The first read of a packed file only fills the
 * other buffer, so unpacking follows in the same call. */
static int read_more(struct file *f, struct problem *why)
{
    ssize_t n = 0;
    if (!f->started) {
        n = read_head(f);
    } else if (!f->unpack) {
        n = read_some(f, f->buf + f->len, CHUNK_BYTES);
        f->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        return say(f, (int)-n, why);
    }
    return f->unpack ? read_packed(f, why) : n > 0;
}

int file_read(struct file *f, struct span *bytes, struct problem *why)
{
    int rc = 0;
    if (f->at) {
        memmove(f->buf, f->buf + f->at, f->len - f->at);
        f->len -= f->at;
        f->at = 0;
    }
    if (f->failed) {
        rc = f->failed == EILSEQ ? say_damage(f, why) : say(f, f->failed, why);
    } else if (f->len > FRAMER_LINE_BYTES) {
        rc = say(f, ENOBUFS, why);
    } else {
        rc = read_more(f, why);
        f->failed = rc < 0 ? -rc : 0;
    }
    *bytes = (struct span){f->buf, f->len};
    return rc;
}

void file_keep(struct file *f, size_t n)
{
    f->at = f->len - (n < f->len ? n : f->len);
}

uint64_t file_position(const struct file *f)
{
    return f->position - f->packed_rest.len;
}

uint64_t file_size(const struct file *f)
{
    return f->size;
}

void file_close(struct file *f)
{
    if (!f) {
        return;
    }
    if (f->fd >= 0 && !f->is_stdin) {
        close(f->fd);
    }
    unpack_free(f->unpack);
    free(f->packed);
    free(f->buf);
    free(f->name);
    free(f);
}
