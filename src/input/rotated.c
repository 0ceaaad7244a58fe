#define _GNU_SOURCE /* CLOCK_REALTIME_COARSE */

/*
 * What was unpacked has the inode of the packed file, but a device that is none, so that no other
 * can be taken for it. Its position is found again by the head.
 */
#include "input/rotated.h"

#include "base/alloc.h"
#include "input/siblings.h"
#include "input/tail_file.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    PAUSE_NS = 20000000, /* between two looks at a folder */
    UNDER_WAY_MS = 2000, /* a folder that changed within so long may be changing now */
    COPY_LOOKS = 3,      /* for a copy of what was truncated, which the loop waits for: … */
    COPY_PAUSE_NS = 3000000,
};

/* Opens a sibling and lets it begin at a position, which is empty for a new file. NULL when another
 * file has its name by now: a rotation may be under way. */
static struct tail_file *open_at(const struct sibling *s, const struct tail_position *p)
{
    struct stat st, there;
    int fd = sibling_open(s, p->offset);
    bool is_it = fd >= 0 && fstat(fd, &st) == 0 && stat(s->path, &there) == 0 &&
                 there.st_ino == s->st.st_ino && (s->is_packed || st.st_ino == s->st.st_ino);
    if (!is_it) {
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    struct tail_file *f = followed_new(fd, &st);
    f->is_apart = s->is_packed;
    if (s->is_packed) {
        f->device = 0;
        f->inode = (uint64_t)s->st.st_ino;
    }
    followed_resume(f, p);
    return f;
}

static bool add(struct rotated *r, const struct sibling *s, const struct tail_position *p)
{
    struct tail_file *f = r->n < ROTATED ? open_at(s, p) : NULL;
    if (f) {
        r->files[r->n++] = f;
    }
    return f != NULL;
}

static int64_t ms_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* By the clock of file systems, which may be a few milliseconds late. */
static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return ms_of(now);
}

static bool is_known(const struct known *known, const struct sibling *s)
{
    if (!s->is_packed) {
        return known_find(known, &s->st) != NULL;
    }
    for (const struct tail_file *f = known->first; f; f = f->next) {
        if (f->is_apart && f->inode == (uint64_t)s->st.st_ino) {
            return true;
        }
    }
    return false;
}

static bool is_position_known(const struct known *known, const struct tail_position *p)
{
    for (const struct tail_file *f = known->first; f; f = f->next) {
        if (f->inode == p->inode && f->device == p->device && f->head_hash == p->head_hash) {
            return true;
        }
    }
    return false;
}

/* The positions that neither the current file nor one that is known has, or a negative errno.
 * `*is_sure` when one of the current file's shows that it was not truncated since. */
static ptrdiff_t find_orphans(const struct rotated_before *before, int now, const struct stat *st,
                              const struct known *known, struct tail_position *orphans,
                              bool *is_sure)
{
    ptrdiff_t n = 0;
    *is_sure = false;
    for (size_t i = 0; i < before->n_stored; i++) {
        const struct tail_position *p = &before->stored[i];
        bool may_be =
            now >= 0 && p->inode == (uint64_t)st->st_ino && p->device == (uint64_t)st->st_dev;
        int is_it = may_be ? followed_fits(now, p) : 0;
        if (is_it < 0) {
            return is_it;
        }
        *is_sure = *is_sure || (is_it && p->head_len > 0);
        if (!is_it && !is_position_known(known, p)) {
            orphans[n++] = *p;
        }
    }
    return n;
}

/* Is it that very file, renamed since it was opened? */
static bool is_now(const struct sibling *s, int now)
{
    struct stat st;
    return now >= 0 && fstat(now, &st) == 0 && st.st_ino == s->st.st_ino &&
           st.st_dev == s->st.st_dev;
}

/* Of two answers, each 1 or 0 or a negative errno: is one of them "yes"? */
static int either(int a, int b)
{
    return a == 1 || b == 1 ? 1 : a < 0 ? a : b;
}

static int is_part_of(struct sibling *part, const struct sibling *whole)
{
    int fd = sibling_open(whole, 0), r = sibling_is_prefix(part, fd);
    if (fd >= 0) {
        close(fd);
    }
    return r;
}

/* Is `of`, with which `s` begins, but the head that all files of the log have, as W3C logs do? Then
 * another one begins with it, too, and goes on otherwise. */
static bool is_common_head(struct siblings *all, struct sibling *of, struct sibling *s, int now)
{
    if (sibling_is_prefix(of, now) == 1 && sibling_is_prefix(s, now) == 0 &&
        sibling_begins_with(s, now) == 0) {
        return true;
    }
    for (size_t i = 0; i < all->n; i++) {
        struct sibling *other = &all->all[i];
        if (other != of && other != s && is_part_of(of, other) == 1 && is_part_of(s, other) == 0 &&
            is_part_of(other, s) == 0) {
            return true;
        }
    }
    return false;
}

/* Is a sibling a copy of the file that was read up to a position? While the original is there as it
 * was, nothing longer is: all files of a log may begin alike. 1 or 0, or a negative errno. */
static int is_copy_of(struct siblings *all, struct sibling *s, const struct tail_position *p,
                      int now)
{
    struct stat st;
    bool may_be = now >= 0 && fstat(now, &st) == 0 && p->inode == (uint64_t)st.st_ino &&
                  p->device == (uint64_t)st.st_dev;
    int is_it = may_be ? followed_fits(now, p) : 0;
    if (is_it) {
        return is_it < 0 ? is_it : sibling_is_prefix(s, now);
    }
    struct sibling *of = siblings_of(all, p);
    if (!of || of == s) {
        return of != NULL;
    }
    bool is_original = !of->is_packed && p->inode == (uint64_t)of->st.st_ino;
    int is_longer = is_original ? 0 : is_part_of(of, s);
    if (is_longer == 1 && is_common_head(all, of, s, now)) {
        is_longer = 0;
    }
    return either(is_part_of(s, of), is_longer);
}

/* A copy of what somebody knows is no new file. 1 or 0, or a negative errno. */
static int is_known_copy(struct siblings *all, struct sibling *s,
                         const struct rotated_before *before, int now)
{
    int r = sibling_is_prefix(s, now);
    for (size_t i = 0; i < before->n_stored && r != 1; i++) {
        r = either(r, is_copy_of(all, s, &before->stored[i], now));
    }
    return r;
}

/* When positions are kept, all before is done, but what came while they were being written; what is
 * new is younger, and what is known no more was quiet for longer than the margin. */
static bool is_young(const struct sibling *s, const struct rotated_before *before)
{
    return before->looked_ms && s->is_numbered &&
           ms_of(s->st.st_mtim) >= before->looked_ms - ROTATED_MARGIN_MS;
}

/* Is it still being packed? Then the plain one lies beside it. */
static bool is_in_making(const struct siblings *all, const struct sibling *s)
{
    struct span path = span_of(s->path);
    for (size_t i = 0; s->is_packed && i < all->n; i++) {
        struct span plain = span_of(all->all[i].path);
        if (plain.len < path.len && span_starts(path, plain) &&
            (span_is(span_after(path, plain.len), ".gz") ||
             span_is(span_after(path, plain.len), ".zst"))) {
            return true;
        }
    }
    return false;
}

static int64_t born_ns(const struct sibling *s)
{
    struct stat st;
    int fd = followed_open(s->path, &st);
    int64_t born = fd >= 0 ? followed_born(fd) : 0;
    if (fd >= 0) {
        close(fd);
    }
    return born;
}

/* From when on a look must ask to find it: when it was made, or of what is packed, when that was
 * changed last, which packing keeps (some to the second only: then the last moment of it). 0 where
 * the file system does not tell when it was made. */
static int64_t from_ns(const struct sibling *s)
{
    int64_t born = born_ns(s), changed = sibling_changed_ns(s);
    changed += s->st.st_mtim.tv_nsec ? 0 : 999999999;
    return s->is_packed && changed < born ? changed : born;
}

/* May it be a copy that is still being made, or one whose original will be truncated? If that lives
 * on, it is no file of the log. */
static bool is_to_wait(struct sibling *s, int now)
{
    int64_t quiet = wall_ms() - ms_of(s->st.st_mtim);
    return quiet < ROTATED_QUIET_MS ||
           (quiet < ROTATED_MARGIN_MS && sibling_is_prefix(s, now) != 0);
}

/* The position of a sibling, NULL when it has none. Of several the one that was read farthest: one
 * without a head fits any file that was given its inode since. */
static const struct tail_position *claim(const struct sibling *s, struct sibling *const *of,
                                         const struct tail_position *positions, size_t n)
{
    const struct tail_position *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (of[i] == s && (!best || positions[i].offset > best->offset)) {
            best = &positions[i];
        }
    }
    return best;
}

/* Leaves a new file for later when it changed just now, since a copy shows only when it is whole
 * that it is one, or when it `must` be, since it could not be compared. False where the file system
 * does not tell when it was made: later it would be missed. */
static bool leave(struct rotated *r, const struct sibling *s, bool must)
{
    int64_t quiet = wall_ms() - ms_of(s->st.st_mtim), from = from_ns(s);
    if (from == 0 || (quiet >= ROTATED_QUIET_MS && !must)) {
        return false;
    }
    r->left_ns = r->left_ns == 0 || from < r->left_ns ? from : r->left_ns;
    return true;
}

/* One look at the folder. False when a file could not be had, or was not found. */
static bool find_once(struct rotated *r, const struct siblings_at *at,
                      const struct rotated_before *before, int now, const struct known *known,
                      const struct tail_position *orphans, size_t n)
{
    static const struct tail_position beginning = {0};
    struct sibling *of[ROTATED_STORED];
    struct siblings all = {.n = 0};
    bool is_whole = true;
    r->n_missing = 0;
    r->left_ns = 0;
    siblings_find(&all, at);
    for (size_t i = 0; i < n; i++) {
        of[i] = siblings_of(&all, &orphans[i]);
        if (!of[i] && orphans[i].offset) {
            r->missing[r->n_missing++] = orphans[i];
        }
    }
    for (size_t k = 0; k < all.n; k++) {
        struct sibling *s = &all.all[k];
        const struct tail_position *p = claim(s, of, orphans, n);
        if (is_known(known, s) || is_now(s, now)) {
            continue;
        }
        if (!p && (!is_young(s, before) || is_in_making(&all, s))) {
            continue;
        }
        int is_copy = p ? 0 : is_known_copy(&all, s, before, now);
        if (is_copy == 1 || (!p && leave(r, s, is_copy < 0))) {
            continue;
        }
        is_whole = add(r, s, p ? p : &beginning) && is_whole;
    }
    siblings_done(&all);
    return is_whole && r->n_missing == 0;
}

static void drop_all(struct rotated *r)
{
    while (r->n) {
        followed_free(r->files[--r->n]);
    }
}

/* Did the folder of a path change just now? */
static bool is_changing(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash ? alloc_text((struct span){path, (size_t)(slash - path) + 1}) : alloc_text(SPAN("."));
    struct stat st;
    bool is_known = stat(folder, &st) == 0;
    free(folder);
    return is_known && wall_ms() - ms_of(st.st_mtim) < UNDER_WAY_MS;
}

/* While names change, some are missed when they are read: then another look is taken. */
int rotated_find(struct rotated *r, const struct siblings_at *at,
                 const struct rotated_before *before, int now, const struct stat *st,
                 const struct known *known)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct tail_position orphans[ROTATED_STORED];
    bool is_sure;
    ptrdiff_t n = find_orphans(before, now, st, known, orphans, &is_sure);
    if (n < 0 || (n == 0 && (is_sure || before->n_stored == 0))) {
        return n < 0 ? (int)n : 0;
    }
    for (r->looks = 1; !find_once(r, at, before, now, known, orphans, (size_t)n); r->looks++) {
        if (r->looks >= before->looks || !is_changing(at->path)) {
            break;
        }
        drop_all(r);
        nanosleep(&pause, NULL);
    }
    return 0;
}

int rotated_open(const struct siblings_at *at, const struct tail_file *f)
{
    struct siblings all = {.n = 0};
    struct stat st;
    int fd = -1;
    siblings_find(&all, at);
    for (size_t i = 0; i < all.n && fd < 0 && !f->is_apart; i++) {
        const struct sibling *s = &all.all[i];
        if (!s->is_packed && followed_is_at(f, &s->st)) {
            fd = followed_open(s->path, &st);
            if (fd >= 0 && !followed_is_at(f, &st)) {
                close(fd);
                fd = -1;
            }
        }
    }
    siblings_done(&all);
    return fd;
}

static struct tail_file *look_for_copy(const struct siblings_at *at,
                                       const struct tail_position *read, const struct known *known)
{
    struct siblings all = {.n = 0};
    struct tail_file *f = NULL;
    siblings_find(&all, at);
    for (size_t i = all.n; i-- > 0 && !f;) {
        struct sibling *s = &all.all[i];
        bool is_whole = s->is_packed || (uint64_t)s->st.st_size >= read->offset;
        if (is_whole && !is_known(known, s) && sibling_has_head(s, read)) {
            f = open_at(s, read);
            if (f && followed_fits(f->fd, read) != 1) { /* many logs have one head */
                followed_free(f);
                f = NULL;
            }
        }
    }
    siblings_done(&all);
    return f;
}

/* While files are renamed one after the other, one look into their folder may miss one of them, or
 * find another under its name; and a copy that is missed would count as a new file later. */
struct tail_file *rotated_copy(const struct siblings_at *at, const struct tail_position *read,
                               const struct known *known)
{
    static const struct timespec pause = {.tv_nsec = COPY_PAUSE_NS};
    struct tail_file *copy = look_for_copy(at, read, known);
    for (int i = 1; i < COPY_LOOKS && !copy && read->offset && is_changing(at->path); i++) {
        nanosleep(&pause, NULL);
        copy = look_for_copy(at, read, known);
    }
    return copy;
}

/* Of what is packed, unpacked; 0 when that can't be read. */
static uint64_t size_of(const struct sibling *s)
{
    struct stat st = {.st_size = 0};
    int fd = s->is_packed ? sibling_open(s, 0) : -1;
    if (fd >= 0) {
        (void)fstat(fd, &st);
        close(fd);
    }
    return (uint64_t)(s->is_packed ? st.st_size : s->st.st_size);
}

/* As is_copy_of, of a file that is known. Of one that is closed its length is. */
static int is_copy_of_file(struct sibling *s, const struct tail_file *f)
{
    struct tail_position p = tail_file_position(f);
    int is_same = f->fd >= 0 && !f->is_apart ? followed_is_same(f) : 0;
    if (is_same) {
        return is_same < 0 ? is_same : sibling_is_prefix(s, f->fd);
    }
    return (f->fd >= 0 || size_of(s) <= f->size) && sibling_is_copy(s, &p);
}

/* A copy of the open file, or of one that was found under the same name. As above. */
static int is_copy_of_known(struct sibling *s, const char *path, int now, const struct known *known)
{
    int r = sibling_is_prefix(s, now);
    for (const struct tail_file *f = known->first; f && r != 1; f = f->next) {
        r = strcmp(f->home->path, path) == 0 ? either(r, is_copy_of_file(s, f)) : r;
    }
    return r;
}

/* Was it made since, and if it is packed, also what is in it? `*from` is what the next look must
 * ask for, should it be left. */
static bool is_since(const struct sibling *s, int64_t since_ns, int64_t *from)
{
    *from = from_ns(s);
    return (s->is_numbered || s->is_moved) && *from && *from >= since_ns;
}

int64_t rotated_since(struct rotated *r, const struct siblings_at *at, int64_t since_ns, int now,
                      const struct known *known)
{
    static const struct tail_position beginning = {0};
    struct siblings all = {.n = 0};
    int64_t oldest = 0, from;
    siblings_find(&all, at);
    for (size_t k = 0; k < all.n; k++) {
        struct sibling *s = &all.all[k];
        if (is_known(known, s) || is_now(s, now) || !is_since(s, since_ns, &from)) {
            continue;
        }
        bool is_left = !s->is_moved && (is_in_making(&all, s) || is_to_wait(s, now));
        if (!is_left) {
            int is_copy = s->is_moved ? 0 : is_copy_of_known(s, at->path, now, known);
            is_left = is_copy < 0 || (is_copy == 0 && !add(r, s, &beginning));
        }
        oldest = is_left && (oldest == 0 || from < oldest) ? from : oldest;
    }
    siblings_done(&all);
    return oldest;
}
