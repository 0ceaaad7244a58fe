/*
 * Folders that are watched for changes by inotify, each once however many names in it are followed.
 * What a watch tells is a hint: it may miss anything, so whoever listens also looks by the clock.
 * Folders that are not there, or can't be watched, are tried again at each watch_look.
 */
#ifndef TEAPOT_INPUT_WATCH_H
#define TEAPOT_INPUT_WATCH_H

#include "base/span.h"
#include "input/keymap.h"

#include <uv.h>

enum {
    WATCH_PAUSE_MS = 10, /* events that come within it are taken together */
};

struct watch;

struct watch_events {
    /* Something happened to `path`: the folder, as it was written, and the name in it. NULL: events
     * were lost, it may be anything. */
    void (*on_name)(const char *path, void *ctx);
    /* Before that: another file has the name `path` now, or none. `from` is where it was renamed
     * from; NULL: it was made or deleted, or came from a folder that is not watched. */
    void (*on_moved)(const char *path, const char *from, void *ctx);
    /* A folder can't be watched, once for each change of the reason; `error` is a negative errno.
     */
    void (*on_error)(const char *folder, int error, void *ctx);
    /* After watch_stop: all is closed. */
    void (*on_stopped)(void *ctx);
};

/* Lies in its owner; for watch.c only. */
struct watch_set {
    uv_loop_t *loop;
    struct watch_events events;
    void *ctx;
    struct watch *first;
    struct keymap by_number;
    char *from;      /* of the last rename, of which the kernel told one half; NULL: none */
    uint32_t cookie; /* of that half */
    int fd;          /* of inotify; -1: there is none */
    uv_poll_t poll;
    uv_timer_t pause;
    unsigned n_open; /* of the two handles */
    bool is_stopping;
};

/* Makes an empty set. */
void watch_init(struct watch_set *set, uv_loop_t *loop, const struct watch_events *events,
                void *ctx);

/* Watches the folder that `path` lies in (up to its last slash; the present one when it has none).
 * Each watch_take needs a watch_drop. The first try is made at the next watch_look. */
struct watch *watch_take(struct watch_set *set, struct span path);
void watch_drop(struct watch_set *set, struct watch *w);

/* Tries again what could not be watched, and watches folders anew that were replaced by others. */
void watch_look(struct watch_set *set);

/* Did nothing appear in the folder or vanish from it between the last two looks? */
bool watch_is_unchanged(const struct watch *w);

/* Is the folder watched, on a file system of this machine, whose changes inotify all sees? */
bool watch_is_reliable(const struct watch *w);

/* Stops; on_stopped comes when all is closed, not before this returns. The watches are to be
 * dropped then. */
void watch_stop(struct watch_set *set);

#endif
