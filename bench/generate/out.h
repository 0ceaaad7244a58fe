/*
 * Bytes of a log being made, in memory of the caller's. Nothing here looks for room: whoever puts a
 * line sees to it that WRITER_LINE_BYTES are free.
 */
#ifndef TEAPOT_GENERATE_OUT_H
#define TEAPOT_GENERATE_OUT_H

#include <stddef.h>
#include <stdint.h>

enum out_notation {
    OUT_CLF,    /* 22/Nov/2026:16:29:32 */
    OUT_ISO,    /* 2026-11-22 16:29:32 */
    OUT_SYSLOG, /* Nov 22 16:29:32 */
};

struct out {
    char *bytes;
    size_t len, size;
    int64_t stamped; /* the second that `stamp` shows */
    enum out_notation notation;
    char stamp[32];
};

/* Appends a text, and a byte. */
void out_text(struct out *o, const char *text);
void out_char(struct out *o, char c);

/* Appends a number; with at least `width` digits, zeros in front. */
void out_number(struct out *o, uint64_t n);
void out_padded(struct out *o, uint64_t n, unsigned width);

/* Appends milliseconds as seconds: 1.250 */
void out_seconds(struct out *o, unsigned ms);

/* Appends a second of UTC. Made anew once a second only: lines of one second come in rows. */
void out_stamp(struct out *o, enum out_notation notation, int64_t second);

#endif
