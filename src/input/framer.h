/*
 * Bytes to lines. The input owns the buffer and calls framer_next until it has no whole line left;
 * what remains it must present again, with more behind it. Lines end at byte 0x0A only; a CR before
 * it and NULs at the line's start are taken off. A line longer than the limit gives its first
 * bytes, the rest is skipped. A zeroed struct stands at the start of a line.
 */
#ifndef TEAPOT_INPUT_FRAMER_H
#define TEAPOT_INPUT_FRAMER_H

#include "base/span.h"

enum {
    FRAMER_LINE_BYTES = 65536, /* of a line that are looked at */
};

struct framer {
    bool skipping;       /* inside the rest of a long line */
    bool cut;            /* that rest is not empty, and the line is counted in long_lines */
    uint64_t long_lines; /* lines that were cut */
    uint64_t nul_bytes;  /* NULs that were taken off */
};

/* Takes the next line from the front of `rest` into `line`. False when there is no whole line: then
 * `rest` holds what must be presented again (always less than FRAMER_LINE_BYTES), unless `final`,
 * when the bytes without line end are the last line. A long line is given as soon as
 * FRAMER_LINE_BYTES of it are there; what it gives never depends on how the bytes were cut. */
bool framer_next(struct framer *f, struct span *rest, struct span *line, bool final);

/* How many bytes from the front of `bytes` framer_next would use up, when a framer in the state of
 * `f` has them and more is to follow. `next`, which may be `f`, becomes a framer for what follows
 * those, with nothing counted. Looks at the bytes behind the last line end only. */
size_t framer_cut(const struct framer *f, struct span bytes, struct framer *next);

#endif
