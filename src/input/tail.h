/*
 * Follows files by name: growth, rotation (rename + create), truncation, names of a glob that
 * appear. A tail is one or more globs or paths; each file it finds is a `tail_file` with its own
 * offset. inotify on the folders wakes, stat decides, and a look at
 * everything once a second is the safety net. Bytes are handed over at most a chunk per file and
 * loop turn, so no file starves another.
 *
 * Only whole lines move the offset: the reader hands out everything from the offset on, and is told
 * how many bytes were used; the rest is read again later, when the file has grown.
 */
#ifndef TEAPOT_INPUT_TAIL_H
#define TEAPOT_INPUT_TAIL_H

#include "base/span.h"
#include "input/framer.h"

#include <uv.h>

enum {
    TAIL_CHUNK_BYTES = 262144,
    TAIL_LOOK_MS = 1000,        /* everything is looked at so often, a quiet local file less */
    TAIL_ROTATE_WAIT_MS = 5000, /* a renamed file is read on until it was quiet so long */
    TAIL_HEAD_BYTES = 1024,     /* of a file's head that its fingerprint covers */
};

struct tail;
struct tail_file;

/* Where reading of a file stopped: what a checkpoint keeps of it. */
struct tail_position {
    uint64_t device, inode, offset;
    uint64_t head_hash; /* of the first head_len bytes */
    uint32_t head_len;  /* at most TAIL_HEAD_BYTES, never more than offset */
};

struct tail_events {
    /* Bytes of a file from its offset on; returns how many were used (whole lines). `final`: the
     * file is complete (it was rotated away and is quiet), so a last line without line end counts;
     * that call comes even without bytes, and all it gives counts as used. */
    size_t (*on_bytes)(struct tail_file *file, struct span bytes, bool final, void *ctx);
    /* A file was found under `path`; `user` is kept for the caller (tail_file_user). May return
     * NULL. When a name is rotated, the new file gets the same `user` without a call. A second name
     * of a file that is read already gets no call. */
    void *(*on_found)(const char *path, void *ctx);
    /* The name now leads to another file (`file`, to be read from its start), or the file was
     * truncated. `lost_bytes`: at least so many were seen to be there but could not be read. */
    void (*on_rotated)(struct tail_file *file, bool truncated, uint64_t lost_bytes, void *ctx);
    /* All that there was has been read; called once each time the end is reached. */
    void (*on_caught_up)(struct tail_file *file, void *ctx);
    /* A name can't be read, or a folder can't be watched (once for each change of the reason);
     * `error` is a negative errno. Both are tried again, and a folder is still looked at by the
     * clock. */
    void (*on_error)(const char *path, int error, void *ctx);
};

struct tail_options {
    const char *const *paths; /* paths or globs, NULL at the end */
    const char *const
        *exclude;  /* globs that leave out, may be NULL; without a slash: of file names */
    bool from_end; /* files that are there at the start are read from their end */
    /* Finds the stored position of a file by device and inode, which are filled in `out`; false
     * when there is none. A position whose head is not that of the file is not used. May be NULL.
     */
    bool (*position_of)(const char *path, struct tail_position *out, void *ctx);
};

/* Starts to follow. Options are copied. The files that are there are found before this returns;
 * their bytes come from the loop. `ctx` goes to every callback. Never NULL. */
struct tail *tail_start(uv_loop_t *loop, const struct tail_options *options,
                        const struct tail_events *events, void *ctx);

/* Stops, closes all handles; memory goes in the last close callback. No callback comes after this.
 */
void tail_stop(struct tail *t);

/* Looks at everything in the next turn of the loop (also after a SIGHUP). */
void tail_look(struct tail *t);

/* Each file in turn: `file` NULL gives the first, NULL comes after the last. Files that were
 * rotated away are among them while they are read, or as long as another followed name leads to
 * them. */
struct tail_file *tail_each(struct tail *t, struct tail_file *file);

/* The name it was found under. Lives as long as the file. */
const char *tail_file_path(const struct tail_file *f);

void *tail_file_user(const struct tail_file *f);

/* The framer to cut this file's lines with. It lives with the file because after a rotation two
 * files with the same user are read side by side; the tail resets it on truncation, and lets it
 * skip the rest of a line when reading starts inside one. */
struct framer *tail_file_framer(struct tail_file *f);

struct tail_position tail_file_position(const struct tail_file *f);

/* Bytes that are there but were not used yet. */
uint64_t tail_file_lag(const struct tail_file *f);

/* Was everything read at the last look? */
bool tail_file_is_caught_up(const struct tail_file *f);

#endif
