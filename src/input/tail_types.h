/* The plain data of tail.h, for all that a tail is made of. */
#ifndef TEAPOT_INPUT_TAIL_TYPES_H
#define TEAPOT_INPUT_TAIL_TYPES_H

#include "base/span.h"

enum {
    TAIL_CHUNK_BYTES = 262144,
    TAIL_TURN_BYTES = 1048576,    /* of all files together, before others have their turn */
    TAIL_BACKLOG_BYTES = 4194304, /* unread, so many are a backlog */
    TAIL_LOOK_MS = 1000,          /* everything is looked at so often, a quiet local file less */
    TAIL_ROTATE_WAIT_MS = 5000,   /* a renamed file is read on until it was quiet so long */
    TAIL_HEAD_BYTES = 1024,       /* of a file's head that its fingerprint covers … */
    TAIL_END_BYTES = 1024,        /* … and of what was read last: more than a line */
};

struct tail_file;

/* Where reading of a file stopped: what a checkpoint keeps of it. */
struct tail_position {
    uint64_t device, inode, offset;
    uint64_t head_hash; /* of the first head_len bytes */
    uint64_t tail_hash; /* of the last tail_len bytes before the offset */
    uint32_t head_len;  /* at most TAIL_HEAD_BYTES, never more than offset */
    uint32_t tail_len;  /* at most TAIL_END_BYTES; 0: not known */
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
    /* A file that was read under `path` before the start, up to `position`, is not to be found, and
     * so is not what was not read of it. It should be kept: it may be found at another start. May
     * be NULL. */
    void (*on_gone)(const char *path, const struct tail_position *position, void *ctx);
    /* All that there was has been read; called once each time the end is reached. */
    void (*on_caught_up)(struct tail_file *file, void *ctx);
    /* A name can't be read, or a folder can't be watched (once for each change of the reason);
     * `error` is a negative errno. Both are tried again, and a folder is still looked at by the
     * clock. */
    void (*on_error)(const char *path, int error, void *ctx);
    /* So many bytes are unread, at least TAIL_BACKLOG_BYTES. True: the caller reads them itself, by
     * tail_file_fd, from the file's offset on; it says how far it came with tail_advance, and calls
     * tail_resume in the end. Until then the file is watched but not read, and files that came
     * after it under the same name wait. When on_rotated tells of a truncation, the file was given
     * back. May be NULL. */
    bool (*on_backlog)(struct tail_file *file, uint64_t bytes, void *ctx);
};

struct tail_options {
    /* Paths or globs, NULL at the end. */
    const char *const *paths;
    /* Globs that leave out, NULL at the end; may be NULL. One without a slash is about file names.
     */
    const char *const *exclude;
    /* Globs of rotated files that are in another folder, under names that begin like that of their
     * log; NULL at the end; may be NULL. */
    const char *const *rotated;
    /* Files that are there at the start are read from their end. */
    bool from_end;
    /* Finds the stored position of a file by device and inode, which are filled in `out`; false
     * when there is none. A position whose head is not that of the file is not used. May be
     * NULL. */
    bool (*position_of)(const char *path, struct tail_position *out, void *ctx);
    /* Stored positions of the files that were read under `path`: writes at most `max` of them and
     * returns how many, and to `*looked_ms` the wall time since which nobody looked for files that
     * were rotated away, 0: unknown. These are looked for then. May be NULL. */
    size_t (*positions_at)(const char *path, struct tail_position *out, size_t max,
                           int64_t *looked_ms, void *ctx);
};

#endif
