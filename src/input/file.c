/*
 * The caller owns the buffers. Packed files, and the first bytes of whatever can't be read by
 * offset, come through a buffer of the file's own.
 */
#include "input/file.h"

#include "base/alloc.h"
#include "input/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PACKED_BYTES = 65536,
};

struct file {
    char *name; /* as a person knows it */
    int fd;
    bool is_stdin, started;
    bool by_offset;
    int failed;     /* errno that ended the reading, for calls after it */
    bool too_short; /* a packed file ended in the middle */
    uint64_t position, size;
    enum unpack_kind kind;
    struct unpack *unpack; /* NULL until the first read, and for plain files */
    char *packed;          /* PACKED_BYTES; NULL for a plain file */
    struct span rest;      /* of what was read into that */
};

/* Writes an error of the system as a problem with the file. */
void file_say(const struct file *f, int error, struct problem *why)
{
    problem_at(why, f->name, 0, 0);
    problem_set(why, "%s", strerror(error));
}

ptrdiff_t file_read_at(int fd, char *to, size_t size, uint64_t offset)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = pread(fd, to + len, size - len, (off_t)(offset + len));
        if (n == 0) {
            break;
        }
        if (n > 0) {
            len += (size_t)n;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return (ptrdiff_t)len;
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
        char head[UNPACK_HEAD_BYTES];
        ptrdiff_t n = file_read_at(f->fd, head, sizeof(head), f->position);
        struct span bytes = {head, n > 0 ? (size_t)n : 0};
        f->by_offset = unpack_detect(bytes) == UNPACK_PLAIN;
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
        file_say(f, -error, why);
        file_close(f);
        return NULL;
    }
    return f;
}

int file_by_offset(const struct file *f)
{
    return f->by_offset ? f->fd : -1;
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

/* The first bytes: enough of them to know what the file is, though a pipe may give them singly. 0
 * or a negative errno. */
static int read_head(struct file *f)
{
    size_t len = 0;
    ssize_t n = 1;
    f->packed = alloc_zero(PACKED_BYTES, 1);
    while (len < UNPACK_HEAD_BYTES && n > 0) {
        n = read_some(f, f->packed + len, PACKED_BYTES - len);
        len += n > 0 ? (size_t)n : 0;
    }
    f->started = true;
    f->rest = (struct span){f->packed, len};
    f->kind = unpack_detect(f->rest);
    f->unpack = unpack_new(f->kind);
    return n < 0 && len == 0 ? (int)n : 0;
}

/* The packed file has ended or is damaged. */
static void say_damage(const struct file *f, struct problem *why)
{
    problem_at(why, f->name, 0, 0);
    if (f->too_short) {
        problem_set(why, "the %s data ends too early; what came before was read",
                    unpack_name(f->kind));
    } else {
        problem_set(why, "the %s data is damaged near byte %llu; what came before was read",
                    unpack_name(f->kind), (unsigned long long)file_position(f));
    }
}

/* At the end of a packed file: may it end here? */
static ptrdiff_t end(struct file *f)
{
    f->too_short = !unpack_at_end(f->unpack);
    return f->too_short ? -EILSEQ : 0;
}

/* One step: some bytes, 0 at the end, or a negative errno. A plain file needs the unpacker only for
 * its head, which came by way of our own buffer. */
static ptrdiff_t step(struct file *f, char *to, size_t size)
{
    for (;;) {
        ptrdiff_t n = unpack_some(f->unpack, &f->rest, to, size);
        if (n) {
            return n;
        }
        if (f->kind == UNPACK_PLAIN) {
            return read_some(f, to, size);
        }
        ssize_t got = read_some(f, f->packed, PACKED_BYTES);
        if (got <= 0) {
            return got < 0 ? got : end(f);
        }
        f->rest = (struct span){f->packed, (size_t)got};
    }
}

ptrdiff_t file_read(struct file *f, char *to, size_t size, struct problem *why)
{
    size_t len = 0;
    if (!f->started) {
        f->failed = -read_head(f);
    }
    while (!f->failed && len < size) {
        ptrdiff_t n = step(f, to + len, size - len);
        f->failed = n < 0 ? (int)-n : 0;
        if (n <= 0) {
            break;
        }
        len += (size_t)n;
    }
    if (len == 0 && f->failed == EILSEQ) {
        say_damage(f, why);
    } else if (len == 0 && f->failed) {
        file_say(f, f->failed, why);
    }
    return len ? (ptrdiff_t)len : -f->failed;
}

uint64_t file_position(const struct file *f)
{
    return f->position - f->rest.len;
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
    if (f->is_stdin && f->by_offset) { /* others may share it: it was read */
        (void)lseek(f->fd, (off_t)f->size, SEEK_SET);
    }
    unpack_free(f->unpack);
    free(f->packed);
    free(f->name);
    free(f);
}
