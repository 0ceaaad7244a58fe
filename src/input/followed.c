#define _GNU_SOURCE /* statx */

/*
 * The fingerprint is of the head, and grows with the offset up to TAIL_HEAD_BYTES; and of the last
 * bytes that were used, for many logs begin alike (#Fields). Device and inode alone would not do:
 * file systems give the inode of a deleted file to the next one, and a truncated file keeps its
 * own.
 */
#include "input/followed.h"

#include "base/alloc.h"
#include "input/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int followed_open(const char *path, struct stat *st)
{
    /* O_NONBLOCK: a FIFO that took the file's place must not stop us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    int error = fstat(fd, st) ? -errno : 0;
    if (!error && !S_ISREG(st->st_mode)) {
        error = S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
    }
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

int64_t followed_ctime(const struct stat *st)
{
    return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

int64_t followed_born(int fd)
{
    struct statx x;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) || !(x.stx_mask & STATX_BTIME)) {
        return 0;
    }
    return (int64_t)x.stx_btime.tv_sec * 1000000000 + x.stx_btime.tv_nsec;
}

struct tail_file *followed_new(int fd, const struct stat *st)
{
    struct tail_file *f = alloc_zero(1, sizeof(*f));
    f->fd = fd;
    f->device = (uint64_t)st->st_dev;
    f->inode = (uint64_t)st->st_ino;
    f->size = (uint64_t)st->st_size;
    f->ctime_ns = followed_ctime(st);
    return f;
}

void followed_free(struct tail_file *f)
{
    if (f->fd >= 0) {
        close(f->fd);
    }
    free(f);
}

bool followed_is_at(const struct tail_file *f, const struct stat *st)
{
    return f->inode == (uint64_t)st->st_ino && f->device == (uint64_t)st->st_dev;
}

/* Hashes bytes, at most TAIL_HEAD_BYTES. 1, or 0 when there are not so many, or a negative errno.
 */
static int hash_bytes(int fd, uint64_t at, size_t len, uint64_t *hash)
{
    char bytes[TAIL_HEAD_BYTES];
    ptrdiff_t n = file_read_at(fd, bytes, len, at);
    if (n != (ptrdiff_t)len) {
        return n < 0 ? (int)n : 0;
    }
    *hash = span_hash((struct span){bytes, len});
    return 1;
}

static int has_bytes(int fd, uint64_t at, uint32_t len, uint64_t want)
{
    uint64_t hash = 0;
    int r = len <= TAIL_HEAD_BYTES ? hash_bytes(fd, at, len, &hash) : 0;
    return len == 0 ? 1 : r == 1 ? hash == want : r;
}

static int has_tail(int fd, uint64_t offset, uint32_t len, uint64_t want)
{
    return len <= offset ? has_bytes(fd, offset - len, len, want) : 0;
}

int followed_fits(int fd, const struct tail_position *p)
{
    struct stat st;
    if (fstat(fd, &st) || (uint64_t)st.st_size < p->offset) {
        return 0;
    }
    /* Without a head nothing shows that it is the file. */
    int r = p->head_len > 0 || p->offset == 0 ? has_bytes(fd, 0, p->head_len, p->head_hash) : 0;
    return r == 1 ? has_tail(fd, p->offset, p->tail_len, p->tail_hash) : r;
}

int followed_is_same(const struct tail_file *f)
{
    int r = has_bytes(f->fd, 0, f->head_len, f->head_hash);
    return r == 1 ? has_tail(f->fd, f->offset, f->tail_len, f->tail_hash) : r;
}

/* Remembers the last bytes before the offset; `known`: those of them that are at hand, for reading
 * them again might find those of another content. Without any they are read. */
static void note_tail(struct tail_file *f, struct span known)
{
    char tail[TAIL_END_BYTES];
    uint64_t len = known.len ? known.len : f->offset;
    len = len < TAIL_END_BYTES ? len : TAIL_END_BYTES;
    if (known.len) {
        known = span_after(known, known.len - (size_t)len);
    } else if (file_read_at(f->fd, tail, (size_t)len, f->offset - len) == (ptrdiff_t)len) {
        known = (struct span){tail, (size_t)len};
    }
    f->tail_len = (uint32_t)known.len;
    f->tail_hash = known.len ? span_hash(known) : 0;
}

/* Lets the head cover what it can. `known`: the first bytes of the file if they are at hand;
 * reading them again might find those of another content. */
static void grow_head(struct tail_file *f, struct span known)
{
    size_t len = f->offset < TAIL_HEAD_BYTES ? (size_t)f->offset : TAIL_HEAD_BYTES;
    uint64_t hash = 0;
    if (len <= f->head_len) {
        return;
    }
    if (known.len >= len) {
        hash = span_hash(span_head(known, len));
    } else if (has_bytes(f->fd, 0, f->head_len, f->head_hash) != 1 ||
               hash_bytes(f->fd, 0, len, &hash) != 1) {
        return;
    }
    f->head_hash = hash;
    f->head_len = (uint32_t)len;
}

/* Reading that starts inside a line, as in the rest of one that was too long, skips to the next. A
 * NUL before the offset is one that was taken off a line's start. */
static void note_line_start(struct tail_file *f)
{
    char before = '\n';
    if (f->offset && file_read_at(f->fd, &before, 1, f->offset - 1) == 1) {
        bool is_inside = before != '\n' && before != '\0';
        f->framer.skipping = is_inside;
        f->framer.cut = is_inside; /* counted when it was met first */
    }
}

void followed_resume(struct tail_file *f, const struct tail_position *p)
{
    f->offset = p->offset;
    f->seen = p->offset;
    f->head_hash = p->head_hash;
    f->head_len = p->head_len;
    f->tail_hash = p->tail_hash;
    f->tail_len = p->tail_len;
    note_line_start(f);
}

void followed_to_end(struct tail_file *f, char *buf)
{
    uint64_t from = f->size > FRAMER_LINE_BYTES ? f->size - FRAMER_LINE_BYTES : 0;
    ptrdiff_t n = file_read_at(f->fd, buf, (size_t)(f->size - from), from);
    while (n > 0 && buf[n - 1] != '\n') {
        n--;
    }
    /* No line end in all these bytes: inside a long line, or a short file with half a line. */
    f->offset = n > 0 ? from + (uint64_t)n : from ? f->size : 0;
    f->seen = f->offset;
    grow_head(f, (struct span){buf, 0});
    note_tail(f, (struct span){buf, 0});
    note_line_start(f);
}

/* Bytes that were seen but not read can only be those behind the offset at the last look: a lower
 * bound, since more may have been written between that look and the truncation. */
uint64_t followed_rewind(struct tail_file *f)
{
    uint64_t had = f->size > f->seen ? f->size : f->seen;
    uint64_t lost = had > f->offset ? had - f->offset : 0;
    f->offset = 0;
    f->seen = 0;
    f->head_hash = 0;
    f->head_len = 0;
    f->tail_hash = 0;
    f->tail_len = 0;
    f->framer.skipping = false;
    f->framer.cut = false;
    f->is_caught_up = false;
    f->is_finished = false;
    return lost;
}

ptrdiff_t followed_read(const struct tail_file *f, char *buf, size_t size)
{
    return file_read_at(f->fd, buf, size, f->offset);
}

void followed_advance(struct tail_file *f, struct span bytes, size_t used)
{
    bool is_first = f->offset == 0;
    f->seen = f->offset + bytes.len;
    f->offset += used < bytes.len ? used : bytes.len;
    grow_head(f, is_first ? bytes : span_head(bytes, 0));
    if (used) {
        note_tail(f, span_head(bytes, used));
    }
}

void followed_move(struct tail_file *f, uint64_t offset)
{
    f->offset = offset;
    f->seen = f->seen > offset ? f->seen : offset;
    grow_head(f, (struct span){NULL, 0});
    note_tail(f, (struct span){NULL, 0});
    if (has_bytes(f->fd, 0, f->head_len, f->head_hash) != 1) { /* it was written anew meanwhile */
        f->tail_len = 0;
    }
}
