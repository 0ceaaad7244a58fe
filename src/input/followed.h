/*
 * One followed file: its descriptor, how far it was read, and the fingerprint of what was read of
 * it. Knows
 * nothing of names' changes or of the loop; tail.c decides.
 */
#ifndef TEAPOT_INPUT_FOLLOWED_H
#define TEAPOT_INPUT_FOLLOWED_H

#include "input/framer.h"
#include "input/names.h"
#include "input/tail_types.h"

#include <sys/stat.h>
#include <sys/types.h>

struct tail_file {
    struct tail_file *prev, *next; /* of the tail, in the order they were found */
    struct tail_file *next_active;
    struct name *home;       /* that it was found under */
    struct tail_file *older; /* the one before it under that name */
    void *user;
    int fd;           /* -1: closed */
    unsigned n_names; /* that lead to it now */
    uint64_t device, inode, offset;
    uint64_t seen;                 /* bytes up to here were handed out */
    uint64_t size;                 /* at the last look */
    uint64_t head_hash, tail_hash; /* as in struct tail_position */
    uint64_t quiet_ms;             /* loop time since which nothing new was found */
    int64_t ctime_ns;              /* at the last look */
    uint32_t head_len, tail_len;
    uint8_t n_failed;  /* reads in a row that failed */
    bool is_active;    /* in the list of those that are read */
    bool is_lent;      /* read by the caller: on_backlog */
    bool is_rotated;   /* its home leads elsewhere */
    bool is_finished;  /* `final` was given */
    bool is_caught_up; /* the end was reached */
    bool is_parked;    /* closed to save a descriptor: opened again when it changes */
    bool is_apart;     /* unpacked: device and inode are those of the file that was packed */
    struct framer framer;
};

/* Opens a regular file for reading and fills `st`. The descriptor, or a negative errno. */
int followed_open(const char *path, struct stat *st);

/* A new record for an open file, at its beginning. */
struct tail_file *followed_new(int fd, const struct stat *st);

/* Closes and frees it. */
void followed_free(struct tail_file *f);

/* Is `st` of this file, as far as device and inode say? */
bool followed_is_at(const struct tail_file *f, const struct stat *st);

/* When an open file was made, in nanoseconds; 0 where the file system does not say. */
int64_t followed_born(int fd);

/* When something in the inode changed last, in nanoseconds. */
int64_t followed_ctime(const struct stat *st);

/* Does a position belong to the open file: is what was read the same, as far as its fingerprint
 * says, and the file long enough? 1 or 0, or a negative errno when that can't be read. */
int followed_fits(int fd, const struct tail_position *p);

/* Is the content still that which was read before? 1 or 0, or a negative errno as above. */
int followed_is_same(const struct tail_file *f);

/* Goes on at a position that fits. */
void followed_resume(struct tail_file *f, const struct tail_position *p);

/* Goes behind the last whole line. `buf` has room for FRAMER_LINE_BYTES. */
void followed_to_end(struct tail_file *f, char *buf);

/* Goes back to the beginning, after a truncation. Returns how many bytes are known to be lost. */
uint64_t followed_rewind(struct tail_file *f);

/* Reads from the offset on. The number of bytes, 0 at the end, or a negative errno. */
ptrdiff_t followed_read(const struct tail_file *f, char *buf, size_t size);

/* All up to `offset`, which is not less than the file's, is done with. */
void followed_move(struct tail_file *f, uint64_t offset);

/* `used` of the bytes that followed_read gave are done with. */
void followed_advance(struct tail_file *f, struct span bytes, size_t used);

#endif
