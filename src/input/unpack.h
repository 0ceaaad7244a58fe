/* Decompression of gzip (zlib) and zstd streams, also several members in a row. No files here. */
#ifndef TEAPOT_INPUT_UNPACK_H
#define TEAPOT_INPUT_UNPACK_H

#include "base/span.h"

enum unpack_kind {
    UNPACK_PLAIN,
    UNPACK_GZIP,
    UNPACK_ZSTD,
};

enum {
    UNPACK_HEAD_BYTES = 4, /* that unpack_detect looks at */
};

struct unpack;

/* What the first bytes of a file say it is (4 bytes are enough). */
enum unpack_kind unpack_detect(struct span head);

/* "gzip", "zstd" or "plain", for messages. */
const char *unpack_name(enum unpack_kind kind);

/* A decompressor, freed with unpack_free. UNPACK_PLAIN copies. */
struct unpack *unpack_new(enum unpack_kind kind);

/* Frees it. `u` may be NULL. */
void unpack_free(struct unpack *u);

/* Takes compressed bytes from the front of `in` and writes at most `size` bytes to `out`. Returns
 * how many were written, or -EILSEQ when the stream is damaged (what came before the damage is
 * given out first). 0 with `in` empty: more input is needed. */
ptrdiff_t unpack_some(struct unpack *u, struct span *in, char *out, size_t size);

/* Is the decompressor between two members, so that the stream may end here? */
bool unpack_at_end(const struct unpack *u);

#endif
