/*
 * Names are hints, descriptors are the truth. A look at a name compares what stat says with the
 * file that the name led to. When it leads elsewhere, the old file keeps its descriptor and is read
 * on, before its successor gets its turn and beside it later, until it was quiet for
 * TAIL_ROTATE_WAIT_MS and its writer has gone on to the successor; only then is it closed. A file
 * is known by device, inode and head, so a second name of it, or a rename within a glob, is no new
 * file.
 *
 *     name  --file-->    the file it leads to now
 *       \---newest-->    the file found last under it  --older-->  the one before it …
 */
#include "input/follow.h"

#include "base/alloc.h"
#include "input/parked.h"
#include "input/rotated.h"
#include "input/tail_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LONE_WAIT_MS = 600000, /* a file without a successor is held so long: its writer may be slow */
    FORGET_NAME_MS = 3600000, /* a name of a glob that leads nowhere is kept so long */
    FULL_TICK = 16, /* each so manyth look by the clock at a name trusts no folder's time stamp */
    QUIET_TICK = 8, /* and so manyth is enough for files without news for QUIET_MS */
    QUIET_MS = 10000,
    FAILED_MOST = 100, /* reads of a rotated file in a row that fail, before it is given up */
    LOOKS = 5,         /* at the files beside a name of which something is missing */
    LOOKS_ALL = 50,    /* of these that are not the first, for all names: each costs a pause */
};

static void tell_error(struct follow *w, struct name *name, int error)
{
    bool is_new = error != name->error;
    name->error = error;
    if (is_new && !w->is_stopping) {
        w->events.on_error(name->path, error, w->ctx);
    }
}

static void tell_rotated(struct follow *w, struct tail_file *f, bool truncated, uint64_t lost_bytes)
{
    if (!w->is_stopping) {
        w->events.on_rotated(f, truncated, lost_bytes, w->ctx);
    }
}

/* Puts a file into the list of those to be read. */
static void activate(struct follow *w, struct tail_file *f)
{
    f->quiet_ms = uv_now(w->loop);
    if (!f->is_active && !f->is_lent && f->fd >= 0) {
        f->is_active = true;
        f->next_active = NULL;
        *(w->active_first ? &w->active_last->next_active : &w->active_first) = f;
        w->active_last = f;
    }
}

/* Drops a file though names lead to it: it turned out to be another. */
static void forget(struct follow *w, struct tail_file *f)
{
    for (struct name *name = w->names.first; name && f->n_names; name = name->next) {
        if (name->file == f) {
            name->file = NULL;
            f->n_names--;
        }
    }
    known_drop(&w->known, f);
}

/* The name leads to its file no longer. */
static void leave(struct follow *w, struct name *name)
{
    struct tail_file *f = name->file;
    name->file = NULL;
    f->n_names--;
    if (f->home == name) {
        f->is_rotated = true;
        f->quiet_ms = uv_now(w->loop);
        w->has_rotated = true;
    }
    /* A name that is looked at next may lead to it, so it is not dropped here. */
    w->look_rotated = true;
}

/* The name leads to a file that is known already: under another name, or it came back. */
static void join(struct name *name, struct tail_file *f)
{
    if (name->file == f) {
        return;
    }
    name->file = f;
    f->n_names++;
    if (f->home == name) {
        f->is_rotated = false;
        f->is_finished = false;
        known_renew(f);
    }
}

static char *buffer(struct follow *w)
{
    if (!w->buf) {
        w->buf = alloc_zero(TAIL_CHUNK_BYTES, 1);
    }
    return w->buf;
}

/* Where to begin with a new file. 0, or a negative errno when it can't be compared with what was
 * read: to take it for another would be to count it twice. */
static int place(struct follow *w, struct tail_file *f, const char *path)
{
    struct tail_position p = {.device = f->device, .inode = f->inode};
    int fits = known_take_gone(&w->known, f->fd, &p);
    if (fits == 0 && w->position_of && w->position_of(path, &p, w->ctx)) {
        /* A position that does not fit was that of an earlier file: this one is new. */
        fits = p.device == f->device && p.inode == f->inode ? followed_fits(f->fd, &p) : 0;
    } else if (fits == 0 && w->from_end) {
        followed_to_end(f, buffer(w));
    }
    if (fits == 1) {
        followed_resume(f, &p);
    }
    return fits < 0 ? fits : 0;
}

/* Takes a file that was rotated away unseen: it is read before those that came after it. */
static void adopt(struct follow *w, struct name *name, struct tail_file *f, struct tail_file *next)
{
    if (next) {
        known_add_before(&w->known, f, next);
    } else {
        known_add(&w->known, f, name);
    }
    f->user = name->user;
    f->is_rotated = true;
    w->has_rotated = true;
    activate(w, f);
}

static struct siblings_at places_of(const struct follow *w, const struct name *name)
{
    return (struct siblings_at){name->path, w->names.rotated, w->names.n_rotated, &w->moved};
}

static void announce(struct follow *w, struct name *name)
{
    if (!name->was_found && !w->is_stopping) {
        name->was_found = true;
        name->user = w->events.on_found(name->path, w->ctx);
    }
}

/* What was rotated away since the positions of a name were stored; `fd` is -1 when the name leads
 * nowhere now. 0, or a negative errno when nothing is known of it yet. */
static int adopt_before(struct follow *w, struct name *name, int fd, const struct stat *st)
{
    struct rotated_before before; /* big: not cleared for each of thousands of names */
    names_settle(name);
    before.n_stored = w->positions_at ? w->positions_at(name->path, before.stored, ROTATED_STORED,
                                                        &before.looked_ms, w->ctx)
                                      : 0;
    if (before.n_stored == 0) {
        return 0;
    }
    before.looks = w->n_looks < LOOKS_ALL ? LOOKS : 1;
    struct rotated found = {.n = 0};
    struct siblings_at at = places_of(w, name);
    int error = rotated_find(&found, &at, &before, fd, st, &w->known);
    if (error) {
        return error;
    }
    w->n_looks += found.looks > 1 ? found.looks - 1 : 0;
    if (found.left_ns) {
        name->look_beside = true;
        name->settled_ns = found.left_ns < name->settled_ns ? found.left_ns : name->settled_ns;
    }
    if (found.n || found.n_missing) {
        announce(w, name);
    }
    for (size_t i = 0; i < found.n; i++) {
        adopt(w, name, found.files[i], NULL);
    }
    for (size_t i = 0; i < found.n_missing && w->events.on_gone && !w->is_stopping; i++) {
        w->events.on_gone(name->path, &found.missing[i], w->ctx);
    }
    return 0;
}

/* What came and went between two looks at a name, which leads to the open file `fd` now. */
static void adopt_since(struct follow *w, struct name *name, int fd, struct tail_file *next)
{
    struct rotated found = {.n = 0};
    int64_t since_ns = name->settled_ns;
    names_settle(name);
    struct siblings_at at = places_of(w, name);
    int64_t left_ns = rotated_since(&found, &at, since_ns, fd, &w->known);
    name->look_beside = left_ns != 0;
    if (left_ns && left_ns < name->settled_ns) {
        name->settled_ns = left_ns;
    }
    for (size_t i = 0; i < found.n; i++) {
        adopt(w, name, found.files[i], next);
        tell_rotated(w, found.files[i], false, 0);
    }
}

/* The name leads to a file that was never seen, of which `fd` is taken. The first of a name is
 * announced, the others follow it and have its `user`. 0, or a negative errno when it can't be told
 * yet whether it was read before. */
static int begin(struct follow *w, struct name *name, int fd, const struct stat *st)
{
    bool is_successor = name->was_found;
    struct tail_file *f = followed_new(fd, st);
    int error = place(w, f, name->path);
    if (!error && !is_successor) {
        error = adopt_before(w, name, fd, st);
    } else if (!error &&
               (name->look_beside || w->names.n_rotated || !watch_is_reliable(name->watch))) {
        adopt_since(w, name, fd, NULL);
    } else if (!error) {
        names_settle(name); /* nothing happened beside it */
    }
    if (error) {
        if (f->offset) {
            known_remember(&w->known, f); /* it may have been taken from there */
        }
        followed_free(f);
        return error;
    }
    known_add(&w->known, f, name);
    name->file = f;
    f->n_names = 1;
    announce(w, name);
    f->user = name->user;
    if (is_successor) {
        tell_rotated(w, f, false, name->lost_bytes);
        name->lost_bytes = 0;
    }
    return 0;
}

/* Marks a name to be looked at, once however many events tell of it. */
static void enqueue(struct follow *w, struct name *name)
{
    if (!name->is_queued) {
        name->is_queued = true;
        name->next_queued = w->queued;
        w->queued = name;
    }
}

/* The file was truncated, or written anew in its place. */
static void start_anew(struct follow *w, struct tail_file *f)
{
    struct tail_position was = tail_file_position(f);
    struct siblings_at at = places_of(w, f->home);
    struct tail_file *copy = f->is_apart ? NULL : rotated_copy(&at, &was, &w->known);
    f->home->look_beside = true; /* more than one may have been made */
    enqueue(w, f->home);
    uint64_t lost = followed_rewind(f);
    if (copy) { /* as copytruncate makes it: what was not read yet is in it */
        uint64_t rest = copy->size - was.offset;
        lost = lost > rest ? lost - rest : 0;
        adopt(w, f->home, copy, f);
    }
    f->is_lent = false;
    tell_rotated(w, f, true, lost);
    activate(w, f);
}

/* Compares an open file with what stat says about it. Growth alone is no proof that it is the file
 * of before: it may have been cut and written beyond its old end meanwhile, so the head is compared
 * too, here or (when there are bytes to read) behind the reading. The change time says whether to
 * bother. One that is shorter than what was seen of it was cut, even when what is left is as it
 * was: the same line may have been written again. */
static void look_at(struct follow *w, struct tail_file *f, const struct stat *st)
{
    uint64_t size = (uint64_t)st->st_size;
    bool is_touched = followed_ctime(st) != f->ctime_ns;
    bool is_anew = size < f->seen || (is_touched && size == f->seen && followed_is_same(f) == 0);
    if (is_anew) {
        start_anew(w, f);
    }
    f->size = size;
    f->ctime_ns = followed_ctime(st);
    if (size > f->seen || !f->is_caught_up) {
        f->is_caught_up = false;
        f->is_finished = false;
        activate(w, f);
    }
}

/* A file without a descriptor that was not read to its end was rotated away or truncated: what it
 * had is beside its name, or in a copy. It is no longer known after this. */
static void pick_up(struct follow *w, struct tail_file *f)
{
    struct name *home = f->home;
    struct tail_position p = tail_file_position(f);
    uint64_t lag = tail_file_lag(f);
    struct siblings_at at = places_of(w, home);
    forget(w, f);
    struct tail_file *rest = rotated_copy(&at, &p, &w->known);
    if (rest) {
        adopt(w, home, rest, home->file && home->file->home == home ? home->file : NULL);
    } else {
        home->lost_bytes += lag;
    }
}

/* Opens a file again that was rotated away while it had no descriptor. One that can't be read over
 * and over is given up. */
static void reopen_rotated(struct follow *w, struct tail_file *f)
{
    struct siblings_at at = places_of(w, f->home);
    if (f->n_failed >= FAILED_MOST) {
        f->home->lost_bytes += tail_file_lag(f);
        f->is_finished = true;
        w->has_rotated = true;
        return;
    }
    f->fd = rotated_open(&at, f);
    if (f->fd < 0) {
        pick_up(w, f);
        return;
    }
    f->is_parked = false;
    f->is_caught_up = false;
    w->has_rotated = true;
    activate(w, f);
}

/* The file at a name that is known though its descriptor was closed, or NULL. Device and inode
 * alone don't tell: it may have been deleted since, and its inode given to another. */
static struct tail_file *recognise(struct follow *w, int fd, const struct stat *st)
{
    struct tail_file *f = known_find(&w->known, st);
    if (f && f->fd < 0) {
        struct tail_position p = tail_file_position(f);
        if (followed_fits(fd, &p) == 0) { /* what can't be read now is looked at with its bytes */
            if (f->is_finished) {
                forget(w, f);
            } else {
                pick_up(w, f);
            }
            return NULL;
        }
    }
    return f;
}

/* Opens what a name leads to, and finds out whether it is new. 0 or a negative errno. */
static int open_name(struct follow *w, struct name *name, struct stat *st)
{
    int fd = parked_open(&w->known, name->path, st);
    if (fd < 0) {
        return fd;
    }
    if (name->file && !followed_is_at(name->file, st)) {
        /* Replaced since it was looked up. */
        leave(w, name);
    }
    struct tail_file *f = recognise(w, fd, st);
    if (!f) {
        return begin(w, name, fd, st);
    }
    if (f->fd < 0) {
        f->fd = fd;
        f->is_parked = false;
    } else {
        close(fd);
    }
    join(name, f);
    return 0;
}

/* Finds the file that a name leads to, which is none that it led to before, or is closed. */
static void enter(struct follow *w, struct name *name, struct stat *st)
{
    struct tail_file *f = known_find(&w->known, st);
    int error = 0;
    if (f && f->fd >= 0) {
        join(name, f);
    } else {
        error = open_name(w, name, st);
    }
    if (error) {
        tell_error(w, name, error);
        return;
    }
    f = name->file;
    w->has_rotated |= f->is_rotated;
    names_resolve(&w->names, name);
    if (f->home != name) {
        /* Else it is all right only once it could be read. */
        name->error = 0;
    }
    look_at(w, f, st);
}

/* A name that can't be looked up. While it is only missing nothing is wrong: a rotation may be
 * under way. */
static void look_failed(struct follow *w, struct name *name, int error)
{
    struct stat st;
    uint64_t now = uv_now(w->loop);
    if (error != -ENOENT && error != -ENOTDIR) {
        if (name->file && name->file->fd >= 0 && fstat(name->file->fd, &st) == 0) {
            look_at(w, name->file, &st);
        }
        tell_error(w, name, error);
        return;
    }
    if (name->file) {
        leave(w, name);
    }
    if (!name->is_missing) {
        name->is_missing = true;
        name->missing_ms = now;
    }
    if (name->is_literal && (!name->was_found || now - name->missing_ms >= TAIL_ROTATE_WAIT_MS)) {
        tell_error(w, name, error);
    }
}

/* Looks up what a name leads to now, and compares that with what it led to before. */
static void look_name(struct follow *w, struct name *name)
{
    struct stat st;
    if (stat(name->path, &st)) {
        look_failed(w, name, -errno);
        return;
    }
    struct tail_file *f = name->file;
    name->is_missing = false;
    if (f && followed_is_at(f, &st)) {
        bool is_quiet = (uint64_t)st.st_size == f->size && followed_ctime(&st) == f->ctime_ns;
        if (f->fd >= 0) {
            name->error = 0;
            look_at(w, f, &st);
        } else if (!is_quiet || (!f->is_finished && !f->is_parked)) {
            enter(w, name, &st);
        }
        return;
    }
    if (f) {
        leave(w, name);
    }
    if (S_ISREG(st.st_mode)) {
        enter(w, name, &st);
    } else if (name->is_literal || !S_ISDIR(st.st_mode)) {
        tell_error(w, name, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL);
    }
}

/* A rotated file beside the name may be one that was never seen. */
static void look_beside(struct follow *w, struct name *name)
{
    struct tail_file *f = name->file;
    if (name->look_beside && name->was_found && f && f->fd >= 0 && f->home == name) {
        adopt_since(w, name, f->fd, f);
    }
}

/* Closes a file. It stays known while a name leads to it, and for a time if it still exists: it
 * must not be taken for a new one when it comes into sight again. Nor when it is found beside its
 * name: it was quiet for so long that all from its time is known. */
static void retire(struct follow *w, struct tail_file *f, bool is_deleted)
{
    names_settle(f->home);
    close(f->fd);
    f->fd = -1;
    if (f->n_names) {
        return;
    }
    if (!is_deleted) {
        known_remember(&w->known, f);
    }
    known_drop(&w->known, f);
}

/* Tells that a file can't be read, and closes it; the next look at its name opens it again, or that
 * at the rotated files. */
static void fail(struct follow *w, struct tail_file *f, int error)
{
    close(f->fd);
    f->fd = -1;
    f->is_finished = false;
    f->n_failed = (uint8_t)(f->n_failed + (f->n_failed < FAILED_MOST));
    tell_error(w, f->home, error);
}

/* Reads a chunk and hands it out. True when more is there to be read. The head is compared after
 * the bytes were read: if the file was replaced between the two, the bytes are dropped with it. */
static bool give(struct follow *w, struct tail_file *f, bool final)
{
    char *buf = buffer(w);
    struct stat st;
    ptrdiff_t n = followed_read(f, buf, TAIL_CHUNK_BYTES);
    if (n < 0) {
        fail(w, f, (int)n);
        return false;
    }
    int is_same = followed_is_same(f);
    if (is_same < 0) {
        fail(w, f, is_same);
        return false;
    }
    bool is_shorter =
        f->offset + (size_t)n < f->seen && fstat(f->fd, &st) == 0 && (uint64_t)st.st_size < f->seen;
    if (is_shorter || !is_same) {
        start_anew(w, f);
        return true;
    }
    f->n_failed = 0;
    if (!f->is_rotated) {
        f->home->error = 0;
    }
    struct span bytes = {buf, (size_t)n};
    size_t used = n || final ? w->events.on_bytes(f, bytes, final, w->ctx) : 0;
    followed_advance(f, bytes, final ? bytes.len : used);
    if (final && n) {
        /* Should the last line grow after all, its rest is not a line of its own. */
        f->framer.skipping = f->framer.cut = buf[n - 1] != '\n';
    }
    f->is_caught_up = n < TAIL_CHUNK_BYTES;
    /* A full chunk of which nothing was used is the same for ever: leave it to the next look. */
    return !f->is_caught_up && used > 0;
}

/* Follows a file that was rotated away, and ends it when it is over: first its last line counts
 * though nothing ends it, and when nobody writes to it any more, it is closed. */
static void look_rotated(struct follow *w, struct tail_file *f)
{
    struct stat st;
    if (f->is_active || f->is_lent) {
        return;
    }
    if (fstat(f->fd, &st)) {
        retire(w, f, true);
        return;
    }
    look_at(w, f, &st);
    uint64_t quiet = uv_now(w->loop) - f->quiet_ms;
    if (f->is_active || quiet < TAIL_ROTATE_WAIT_MS || w->is_stopping) {
        return;
    }
    if (!f->is_finished) {
        f->is_finished = true;
        give(w, f, true);
    }
    bool is_over = st.st_nlink == 0 || known_has_successor(f) || quiet >= LONE_WAIT_MS;
    is_over =
        is_over && !f->home->look_beside; /* else a copy of it might be taken for a new file */
    if (is_over && f->is_finished && f->fd >= 0 && !f->is_active && !w->is_stopping) {
        retire(w, f, st.st_nlink == 0);
    }
}

/* Looks at all files that were rotated away, and drops those that can't be found again: closed, and
 * without a name. It comes after all names were looked at, one of which may have found such a file.
 */
static void look_all_rotated(struct follow *w)
{
    w->look_rotated = false;
    w->has_rotated = false;
    for (struct tail_file *f = w->known.first, *next; f && !w->is_stopping; f = next) {
        next = f->next;
        if (f->is_rotated && f->fd >= 0) {
            w->has_rotated = true;
            look_rotated(w, f);
        } else if (f->is_rotated && f->n_names == 0 && !f->is_finished) {
            reopen_rotated(w, f);
        } else if (f->is_rotated && f->n_names == 0 && !f->home->look_beside) {
            names_settle(f->home);
            known_remember(&w->known, f);
            known_drop(&w->known, f);
        }
    }
}

bool follow_mark(struct follow *w, const char *path)
{
    if (!path) {
        moved_done(&w->moved); /* of what was lost, some may have been about these */
        w->look_all = true;
        return true;
    }
    struct name *name = names_find(&w->names, path);
    if (!name) {
        name = names_discover(&w->names, path);
    }
    struct name *beside = name ? NULL : names_beside(&w->names, path);
    if (name) {
        enqueue(w, name);
    } else if (beside && known_may_lack(&w->known, beside->settled_ns, path)) {
        beside->look_beside = true;
        enqueue(w, beside);
    }
    for (struct name *link = w->names.n_links ? w->names.first : NULL; link; link = link->next) {
        if (link->real && strcmp(link->real, path) == 0) {
            enqueue(w, link);
        }
    }
    /* A file that was renamed may be written to under a name that is none of ours. */
    w->look_rotated |= !name && w->has_rotated;
    return w->queued || w->look_rotated;
}

void follow_moved(struct follow *w, const char *path, const char *from)
{
    moved_tell(&w->moved, path, from, from && names_find(&w->names, from));
}

/* Names of globs that lead nowhere are kept for their `user`, but not for ever. */
static void forget_names(struct follow *w)
{
    for (struct name *name = w->names.first, *next; name; name = next) {
        next = name->next;
        bool is_old = uv_now(w->loop) - name->missing_ms > FORGET_NAME_MS;
        if (!name->is_literal && name->is_missing && !name->file && !name->newest &&
            (is_old || !name->was_found)) {
            names_drop(&w->names, name);
        }
    }
}

/* Is it the file's turn, each so manyth tick? Files take turns, by a number that spreads them. */
static bool is_turn(const struct follow *w, const struct tail_file *f, unsigned every)
{
    return (w->n_ticks + f->inode) % every == 0;
}

/* Looks at a name for no reason but the time. When its folder has not changed, the name leads where
 * it led, and to ask the descriptor is twice as fast. Where inotify can be relied on, quiet files
 * are asked more seldom still: it misses only what is written under a name in another folder. */
static void look_by_clock(struct follow *w, struct name *name)
{
    struct stat st;
    struct tail_file *f = name->file;
    bool is_sure = f && f->fd >= 0 && !name->real && watch_is_unchanged(name->watch);
    if (!is_sure || is_turn(w, f, FULL_TICK)) {
        look_name(w, name);
        return;
    }
    bool is_quiet = uv_now(w->loop) - f->quiet_ms > QUIET_MS && watch_is_reliable(name->watch);
    if ((!is_quiet || is_turn(w, f, QUIET_TICK)) && fstat(f->fd, &st) == 0) {
        look_at(w, f, &st);
    }
}

/* Folders first, then globs, which pass over what the folders say is unchanged, then names. */
static void look_everywhere(struct follow *w, bool by_clock)
{
    w->look_all = false;
    w->tick = false;
    w->n_ticks += by_clock;
    if (by_clock) {
        moved_age(&w->moved);
    }
    watch_look(&w->watches);
    names_scan(&w->names);
    for (struct name *name = w->names.first; name && !w->is_stopping; name = name->next) {
        bool is_marked = name->is_queued;
        name->is_queued = false;
        if (by_clock && !is_marked) {
            look_by_clock(w, name);
        } else {
            look_name(w, name);
        }
        look_beside(w, name);
    }
    w->queued = NULL;
    if (w->has_rotated || w->look_rotated) {
        look_all_rotated(w);
    }
    forget_names(w);
    parked_keep_reserve(&w->known);
}

void follow_look(struct follow *w)
{
    if (w->look_all || w->tick) {
        look_everywhere(w, !w->look_all);
    }
    while (w->queued && !w->is_stopping) {
        struct name *name = w->queued;
        w->queued = name->next_queued;
        name->is_queued = false;
        look_name(w, name);
        look_beside(w, name);
    }
    if (w->look_rotated && !w->is_stopping) {
        look_all_rotated(w);
    }
}

/* Is an earlier file of the same name still being read? Its lines come first. */
static bool must_wait(const struct tail_file *f)
{
    return f->older && (f->older->is_active || f->older->is_lent);
}

/* Does the caller want to read the file itself? Only when its first bytes were read here: without a
 * head nothing would show that what is lent was truncated, nor which file is the copy of it. */
static bool lend(struct follow *w, struct tail_file *f)
{
    uint64_t bytes = tail_file_lag(f);
    if (bytes >= TAIL_BACKLOG_BYTES && f->head_len && w->events.on_backlog) {
        f->is_lent = true; /* it may be given back before this call returns */
        f->is_lent = w->events.on_backlog(f, bytes, w->ctx) && f->is_lent;
    }
    return f->is_lent;
}

bool follow_read(struct follow *w)
{
    struct tail_file *next = w->active_first, *last = w->active_last;
    size_t given = 0;
    w->active_first = NULL;
    while (next && !w->is_stopping && given < TAIL_TURN_BYTES) {
        struct tail_file *f = next;
        next = f->next_active;
        bool waits = must_wait(f);
        uint64_t from = f->offset;
        f->is_active = false;
        if (!waits && lend(w, f)) {
            continue;
        }
        if (waits || give(w, f, false)) {
            activate(w, f);
        } else if (f->is_caught_up && !w->is_stopping) {
            w->events.on_caught_up(f, w->ctx);
        }
        given += f->offset > from ? (size_t)(f->offset - from) : 0;
    }
    if (next) { /* their turn comes first the next time */
        last->next_active = w->active_first;
        w->active_last = w->active_first ? w->active_last : last;
        w->active_first = next;
    }
    return w->active_first != NULL;
}

/* As behind a chunk that was read here: the head is compared after the bytes were read. */
bool follow_advance(struct follow *w, struct tail_file *f, uint64_t offset)
{
    if (followed_is_same(f) == 0) {
        start_anew(w, f);
        return false;
    }
    followed_move(f, offset);
    return true;
}

void follow_resume(struct follow *w, struct tail_file *f)
{
    f->is_lent = false;
    f->is_caught_up = false;
    activate(w, f);
}

void follow_init(struct follow *w, const struct tail_options *options)
{
    w->position_of = options->position_of;
    w->positions_at = options->positions_at;
    w->from_end = options->from_end;
    names_init(&w->names, options->paths, options->exclude, options->rotated, &w->watches);
    look_everywhere(w, false);
    /* A name may lead nowhere, and what it led to lie beside it. */
    for (struct name *name = w->names.first; name; name = name->next) {
        if (name->is_missing && name->is_literal) {
            (void)adopt_before(w, name, -1, NULL); /* nothing to be compared with */
        }
    }
    w->from_end = false;
    /* The looks may have found links, whose folders are to be watched too. */
    watch_look(&w->watches);
}

void follow_done(struct follow *w)
{
    known_done(&w->known);
    moved_done(&w->moved);
    names_done(&w->names);
    free(w->buf);
}
