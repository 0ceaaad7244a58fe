/*
 * inotify itself and not uv_fs_event_t, because that wakes the loop for each write to a log:
 * measured with 20,000 lines a second, one write each, 13 % of a core against 1 %. Here reading
 * pauses after each batch; the kernel merges equal events meanwhile.
 */
#include "input/watch.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    EVENT_BYTES = 16384,
    BATCH_READS = 32, /* of EVENT_BYTES: what a full queue of the kernel holds */
    SETTLED_MS = 2000 /* coarser than the time stamps of any file system (FAT) */
};

struct watch {
    struct watch *next;
    char *prefix; /* the folder with its slash, so that a name can be put behind it; may be empty */
    unsigned users;
    int number; /* of the watch; -1: not watched */
    bool is_local;
    dev_t device; /* of the folder at the last look */
    ino_t inode;
    struct timespec mtime;
    bool is_settled;   /* the folder had not changed for a while at the last look */
    bool is_unchanged; /* nor had it since the look before */
    int error;         /* that was told last */
};

void watch_init(struct watch_set *set, uv_loop_t *loop, const struct watch_events *events,
                void *ctx)
{
    *set = (struct watch_set){.loop = loop, .events = *events, .ctx = ctx, .fd = -1};
    uv_timer_init(loop, &set->pause);
    set->pause.data = set;
    set->n_open = 1;
}

static const char *folder_of(const struct watch *w)
{
    return w->prefix[0] ? w->prefix : ".";
}

/* A rename within watched folders comes as two events with one cookie. */
static void tell_move(struct watch_set *set, const struct inotify_event *event, const char *path)
{
    if (event->mask & IN_MOVED_FROM) {
        free(set->from);
        set->from = alloc_text(span_of(path));
        set->cookie = event->cookie;
    } else if (event->mask & (IN_CREATE | IN_DELETE | IN_MOVED_TO)) {
        bool is_other_half =
            (event->mask & IN_MOVED_TO) && set->from && set->cookie == event->cookie;
        set->events.on_moved(path, is_other_half ? set->from : NULL, set->ctx);
    }
}

/* Tells an event to all watches with that number: two names of one folder share it. */
static void tell(struct watch_set *set, const struct inotify_event *event, const char *name)
{
    char path[PATH_MAX + NAME_MAX];
    size_t at = 0;
    uint64_t key = (uint64_t)event->wd;
    for (struct watch *w = keymap_next(&set->by_number, key, &at); w;
         w = keymap_next(&set->by_number, key, &at)) {
        int len = snprintf(path, sizeof(path), "%s%s", w->prefix, name);
        if (len > 0 && (size_t)len < sizeof(path)) {
            tell_move(set, event, path);
            set->events.on_name(path, set->ctx);
        }
        if (event->mask & IN_IGNORED) {
            /* The kernel gave it up: the folder is gone. */
            keymap_remove(&set->by_number, key, w);
            w->number = -1;
            at = 0;
        }
    }
}

/* Reads events once. An event has its name behind it, which the kernel fills up with NULs; the copy
 * is for the alignment, which the buffer need not have. False when there are no more. */
static bool read_events(struct watch_set *set)
{
    char buf[EVENT_BYTES];
    struct inotify_event event;
    ssize_t n = read(set->fd, buf, sizeof(buf));
    for (size_t at = 0; n > 0 && at < (size_t)n; at += sizeof(event) + event.len) {
        memcpy(&event, buf + at, sizeof(event));
        if (event.mask & IN_Q_OVERFLOW) {
            set->events.on_name(NULL, set->ctx);
        } else {
            tell(set, &event, event.len ? buf + at + sizeof(event) : "");
        }
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* Takes what is there. False when there was nothing. */
static bool take_events(struct watch_set *set)
{
    int reads = 0;
    while (reads < BATCH_READS && read_events(set)) {
        reads++;
    }
    return reads > 0;
}

/* As long as something happens in each pause the descriptor is not polled: that takes half as many
 * system calls. */
static void on_pause_over(uv_timer_t *pause)
{
    struct watch_set *set = pause->data;
    if (take_events(set)) {
        uv_timer_start(pause, on_pause_over, WATCH_PAUSE_MS, 0);
    } else {
        uv_poll_start(&set->poll, UV_READABLE, on_poll);
    }
}

/* Takes what is there, and then lets events gather for a moment. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct watch_set *set = poll->data;
    take_events(set);
    uv_poll_stop(poll);
    uv_timer_start(&set->pause, on_pause_over, WATCH_PAUSE_MS, 0);
}

/* Opens inotify. 0 or a negative errno. */
static int open_inotify(struct watch_set *set)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int error = uv_poll_init(set->loop, &set->poll, fd);
    if (error) {
        close(fd);
        return error;
    }
    set->fd = fd;
    set->poll.data = set;
    set->n_open++;
    uv_poll_start(&set->poll, UV_READABLE, on_poll);
    return 0;
}

/* Stops watching a folder, and tells the kernel when no other name of it is watched. */
static void unwatch(struct watch_set *set, struct watch *w)
{
    size_t at = 0;
    if (w->number < 0) {
        return;
    }
    keymap_remove(&set->by_number, (uint64_t)w->number, w);
    if (!keymap_next(&set->by_number, (uint64_t)w->number, &at)) {
        (void)inotify_rm_watch(set->fd, w->number);
    }
    w->number = -1;
}

/* On network file systems, FUSE and the lower layers of overlays, what others write shows in no
 * event. */
static bool is_local(const char *folder)
{
    struct statfs fs;
    if (statfs(folder, &fs)) {
        return false;
    }
    return fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC ||
           fs.f_type == BTRFS_SUPER_MAGIC || fs.f_type == TMPFS_MAGIC ||
           fs.f_type == F2FS_SUPER_MAGIC;
}

/* Starts watching a folder. IN_ATTRIB is for permissions that come back, and for the last link that
 * goes. 0 or a negative errno: ENOSPC means fs.inotify.max_user_watches, EMFILE max_user_instances.
 */
static int start(struct watch_set *set, struct watch *w)
{
    int error = set->fd < 0 ? open_inotify(set) : 0;
    if (error) {
        return error;
    }
    int number = inotify_add_watch(set->fd, folder_of(w),
                                   IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                       IN_MOVED_TO | IN_ONLYDIR);
    if (number < 0) {
        return -errno;
    }
    w->number = number;
    w->is_local = is_local(folder_of(w));
    keymap_add(&set->by_number, (uint64_t)number, w);
    return 0;
}

/* Notes what stat says. A change that comes within the grain of the time stamp does not show, so a
 * folder that changed a moment before a look may have changed after it too. True when it is the
 * folder of the last look. */
static bool note(struct watch *w, const struct stat *st)
{
    bool is_same = st->st_dev == w->device && st->st_ino == w->inode;
    w->is_unchanged = is_same && w->is_settled && st->st_mtim.tv_sec == w->mtime.tv_sec &&
                      st->st_mtim.tv_nsec == w->mtime.tv_nsec;
    w->is_settled = clock_wall_ms() - (int64_t)st->st_mtim.tv_sec * 1000 > SETTLED_MS;
    w->device = st->st_dev;
    w->inode = st->st_ino;
    w->mtime = st->st_mtim;
    return is_same;
}

/* A watch follows the folder itself, not its name: after a folder was replaced by another of the
 * same name, or an unmounted one came back, the old watch stays silent for ever. */
static void look(struct watch_set *set, struct watch *w)
{
    struct stat st;
    int error = stat(folder_of(w), &st) ? -errno : 0;
    if (error) {
        w->is_settled = false;
        w->is_unchanged = false;
    }
    if (error || !note(w, &st)) {
        unwatch(set, w);
    }
    if (!error && w->number < 0) {
        error = start(set, w);
    }
    if (error && error != w->error) {
        set->events.on_error(folder_of(w), error, set->ctx);
    }
    w->error = error;
}

void watch_look(struct watch_set *set)
{
    for (struct watch *w = set->first; w && !set->is_stopping; w = w->next) {
        look(set, w);
    }
}

bool watch_is_unchanged(const struct watch *w)
{
    return w->is_unchanged;
}

bool watch_is_reliable(const struct watch *w)
{
    return w->number >= 0 && w->is_local;
}

/* A list is enough: there are few folders, or many with one log each that are taken once. */
struct watch *watch_take(struct watch_set *set, struct span path)
{
    while (path.len && path.ptr[path.len - 1] != '/') {
        path.len--;
    }
    struct watch *w = set->first;
    while (w && !span_is(path, w->prefix)) {
        w = w->next;
    }
    if (!w) {
        w = alloc_zero(1, sizeof(*w));
        w->prefix = alloc_text(path);
        w->number = -1;
        w->next = set->first;
        set->first = w;
    }
    w->users++;
    return w;
}

void watch_drop(struct watch_set *set, struct watch *w)
{
    if (--w->users) {
        return;
    }
    struct watch **at = &set->first;
    while (*at != w) {
        at = &(*at)->next;
    }
    *at = w->next;
    unwatch(set, w);
    free(w->prefix);
    free(w);
    if (!set->first) {
        keymap_done(&set->by_number);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct watch_set *set = handle->data;
    if (--set->n_open == 0) {
        if (set->fd >= 0) {
            close(set->fd);
        }
        set->fd = -1;
        free(set->from);
        set->from = NULL;
        set->events.on_stopped(set->ctx);
    }
}

void watch_stop(struct watch_set *set)
{
    set->is_stopping = true;
    uv_close((uv_handle_t *)&set->pause, on_closed);
    if (set->fd >= 0) {
        uv_close((uv_handle_t *)&set->poll, on_closed);
    }
}
