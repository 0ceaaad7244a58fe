/*
 * Names by logrotate (".1", "-20261122", ".2.gz"), savelog (".0"), cronolog and by hand (".old").
 * What is unpacked goes to a temporary file, so that it can be read by offset like any other; only
 * what was not read yet is written to it.
 */
#include "input/siblings.h"

#include "base/alloc.h"
#include "input/file.h"
#include "input/followed.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PIECE = 65536,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What rotation puts behind a name: ".1", "-20261122", ".old". */
static bool is_suffix(struct span s)
{
    return s.len > 1 && (s.ptr[0] == '.' || s.ptr[0] == '-') &&
           (is_digit(s.ptr[1]) || span_starts(s, SPAN(".old")) || span_starts(s, SPAN(".gz")) ||
            span_starts(s, SPAN(".zst")));
}

static void sibling_done(struct sibling *s)
{
    free(s->path);
    free(s->head);
    *s = (struct sibling){0};
}

/* Keeps the order; when there are too many, the oldest makes way. */
static void insert(struct siblings *s, struct sibling *new)
{
    if (s->n == SIBLINGS) {
        if (sibling_changed_ns(new) < sibling_changed_ns(&s->all[0])) {
            sibling_done(new);
            return;
        }
        sibling_done(&s->all[0]);
        memmove(&s->all[0], &s->all[1], (SIBLINGS - 1) * sizeof(s->all[0]));
        s->n--;
    }
    size_t at = s->n++;
    for (; at > 0 && sibling_changed_ns(&s->all[at - 1]) > sibling_changed_ns(new); at--) {
        s->all[at] = s->all[at - 1];
    }
    s->all[at] = *new;
}

static void take_entry(struct siblings *s, const struct siblings_at *at, struct span folder,
                       struct span base, const char *entry)
{
    struct span name = span_of(entry), behind = span_after(name, base.len);
    if (!span_starts(name, base) || !is_suffix(behind) || span_ends(name, SPAN(".tmp")) ||
        span_ends(name, SPAN(".swp"))) {
        return;
    }
    struct sibling new = {.path = alloc_printf("%.*s%s", (int)folder.len, folder.ptr, entry),
                          .is_packed =
                              span_ends(name, SPAN(".gz")) || span_ends(name, SPAN(".zst")),
                          .is_numbered = is_digit(behind.ptr[1])};
    if (stat(new.path, &new.st) || !S_ISREG(new.st.st_mode)) {
        sibling_done(&new);
        return;
    }
    new.is_moved = at->moved &&moved_has(at->moved, new.path);
    insert(s, &new);
}

/* A glob of many logs' files gives all of them: those of this one are told by their names. */
static void find_elsewhere(struct siblings *s, const struct siblings_at *at, struct span base,
                           const char *pattern)
{
    glob_t found;
    if (glob(pattern, GLOB_NOSORT, NULL, &found)) {
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i], *slash = strrchr(path, '/');
        size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
        take_entry(s, at, (struct span){path, folder}, base, path + folder);
    }
    globfree(&found);
}

void siblings_find(struct siblings *s, const struct siblings_at *at)
{
    const char *path = at->path;
    const char *slash = strrchr(path, '/');
    struct span folder = {path, slash ? (size_t)(slash - path) + 1 : 0};
    struct span base = span_after(span_of(path), folder.len);
    char *where = folder.len ? alloc_text(folder) : alloc_text(SPAN("."));
    DIR *dir = opendir(where);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        take_entry(s, at, folder, base, entry->d_name);
    }
    if (dir) {
        closedir(dir);
    }
    free(where);
    for (size_t i = 0; i < at->n_globs; i++) {
        find_elsewhere(s, at, base, at->globs[i]);
    }
}

void siblings_done(struct siblings *s)
{
    for (size_t i = 0; i < s->n; i++) {
        sibling_done(&s->all[i]);
    }
    s->n = 0;
}

static void read_head(struct sibling *s)
{
    struct problem ignored;
    struct file *file = file_open(s->path, &ignored);
    s->head = alloc_zero(TAIL_HEAD_BYTES, 1);
    ptrdiff_t n = file ? file_read(file, s->head, TAIL_HEAD_BYTES, &ignored) : 0;
    s->head_len = n > 0 ? (size_t)n : 0;
    file_close(file);
}

bool sibling_has_head(struct sibling *s, const struct tail_position *p)
{
    if (!s->head) {
        read_head(s);
    }
    return p->head_len > 0 && p->head_len <= s->head_len &&
           span_hash((struct span){s->head, p->head_len}) == p->head_hash;
}

/* A copy that ends before the position is one that is still being made, or of an earlier moment. */
static bool is_copy(struct sibling *s, const struct tail_position *p)
{
    return (s->is_packed || (uint64_t)s->st.st_size >= p->offset) && sibling_has_head(s, p);
}

/* Writes the bytes that begin at `at` as far as they are of the head or behind `from`. */
static bool write_piece(int fd, const char *bytes, size_t n, uint64_t at, uint64_t from)
{
    while (n) {
        bool is_head = at < TAIL_HEAD_BYTES;
        uint64_t skipped = !is_head && at < from ? from - at : 0;
        if (skipped >= n) {
            return true;
        }
        bytes += skipped;
        at += skipped;
        n -= (size_t)skipped;
        size_t part = is_head && n > TAIL_HEAD_BYTES - at ? (size_t)(TAIL_HEAD_BYTES - at) : n;
        ssize_t written = pwrite(fd, bytes, part, (off_t)at);
        if (written <= 0) {
            return false;
        }
        bytes += written;
        at += (uint64_t)written;
        n -= (size_t)written;
    }
    return true;
}

/* A damaged end is no reason to lose what stands before it. */
static int unpack_to(int fd, const char *path, uint64_t offset)
{
    struct problem ignored;
    struct file *file = file_open(path, &ignored);
    char *piece = alloc_zero(PIECE, 1);
    uint64_t at = 0, from = offset > TAIL_END_BYTES ? offset - TAIL_END_BYTES : 0;
    ptrdiff_t n;
    int error = file ? 0 : -ENOENT;
    while (!error && (n = file_read(file, piece, PIECE, &ignored)) > 0) {
        error = write_piece(fd, piece, (size_t)n, at, from) ? 0 : -ENOSPC;
        at += (uint64_t)n;
    }
    if (!error && at < offset) {
        error = -ESTALE;
    }
    /* When all of it was read before, it ends in the hole. */
    if (!error && ftruncate(fd, (off_t)at)) {
        error = -errno;
    }
    free(piece);
    file_close(file);
    return error;
}

int sibling_open(const struct sibling *s, uint64_t offset)
{
    struct stat st;
    if (!s->is_packed) {
        return followed_open(s->path, &st);
    }
    FILE *file = tmpfile();
    int fd = file ? dup(fileno(file)) : -errno;
    if (file) {
        fclose(file);
    }
    int error = fd < 0 ? fd : unpack_to(fd, s->path, offset);
    if (error && fd >= 0) {
        close(fd);
    }
    return error ? error : fd;
}

/* Is what was read last the same, too? Many logs have one head. */
static bool has_end(const struct sibling *s, const struct tail_position *p)
{
    int fd = sibling_open(s, p->offset);
    bool fits = fd >= 0 && followed_fits(fd, p) == 1;
    if (fd >= 0) {
        close(fd);
    }
    return fits;
}

/* Unpacking takes its time, so one alone is taken at its head's word. */
static bool is_alone(struct siblings *s, const struct tail_position *p)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += is_copy(&s->all[i], p);
    }
    return n == 1;
}

struct sibling *siblings_of(struct siblings *s, const struct tail_position *p)
{
    for (size_t i = 0; i < s->n; i++) {
        struct sibling *at = &s->all[i];
        if (p->inode == (uint64_t)at->st.st_ino && p->device == (uint64_t)at->st.st_dev &&
            !at->is_packed && (uint64_t)at->st.st_size >= p->offset &&
            (p->offset == 0 || has_end(at, p))) {
            return at;
        }
    }
    for (size_t i = s->n; i-- > 0;) {
        struct sibling *at = &s->all[i];
        if (is_copy(at, p) && ((at->is_packed && is_alone(s, p)) || has_end(at, p))) {
            return at;
        }
    }
    return NULL;
}

bool sibling_is_copy(struct sibling *s, const struct tail_position *p)
{
    return is_copy(s, p) && has_end(s, p);
}

/* 1 or 0, or a negative errno. */
static int same_bytes(int a, int b, uint64_t at, size_t n)
{
    char x[TAIL_HEAD_BYTES], y[TAIL_HEAD_BYTES];
    ptrdiff_t of_a = file_read_at(a, x, n, at), of_b = file_read_at(b, y, n, at);
    if (of_a < 0 || of_b < 0) {
        return (int)(of_a < 0 ? of_a : of_b);
    }
    return of_a == (ptrdiff_t)n && of_b == of_a && memcmp(x, y, n) == 0;
}

/* The heads are compared before anything is unpacked. 1 or 0, or a negative errno. */
static int has_same_head(struct sibling *s, int fd)
{
    char head[TAIL_HEAD_BYTES];
    if (!s->head) {
        read_head(s);
    }
    ptrdiff_t n = file_read_at(fd, head, s->head_len, 0);
    return n < 0 ? (int)n
                 : s->head_len > 0 && n == (ptrdiff_t)s->head_len &&
                       memcmp(head, s->head, s->head_len) == 0;
}

static int has_same_end(int part, int whole)
{
    struct stat own, all;
    if (fstat(part, &own) || fstat(whole, &all) || own.st_size > all.st_size) {
        return 0;
    }
    uint64_t size = (uint64_t)own.st_size, n = size < TAIL_END_BYTES ? size : TAIL_END_BYTES;
    return same_bytes(part, whole, size - n, (size_t)n);
}

int sibling_is_prefix(struct sibling *s, int fd)
{
    int r = fd < 0 ? 0 : has_same_head(s, fd);
    int part = r == 1 ? sibling_open(s, 0) : -1;
    if (part < 0) {
        return r == 1 ? 0 : r;
    }
    r = has_same_end(part, fd);
    close(part);
    return r;
}

int sibling_begins_with(struct sibling *s, int fd)
{
    char own[TAIL_HEAD_BYTES];
    if (!s->head) {
        read_head(s);
    }
    ptrdiff_t n = file_read_at(fd, own, sizeof own, 0);
    bool is_alike = n > 0 && (size_t)n <= s->head_len && memcmp(own, s->head, (size_t)n) == 0;
    int whole = is_alike ? sibling_open(s, 0) : -1;
    int r = whole >= 0 ? has_same_end(fd, whole) : 0;
    if (whole >= 0) {
        close(whole);
    }
    return n < 0 ? (int)n : r;
}
