/*
 * One step of either library takes bytes and gives bytes; unpack_some repeats steps until the
 * output is full or the input is used up. Both formats allow members (frames) in a row: RFC 1952
 * section 2.2, RFC 8878 section 3. Memory is bounded by the libraries: 32 KiB of window for gzip,
 * and 128 MiB at most for zstd, which refuses frames that ask for more unless told otherwise.
 */
#define ZLIB_CONST /* zlib's next_in is a pointer to const */

#include "input/unpack.h"

#include "base/alloc.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

enum {
    ZSTD_HEADER_BYTES = 18, /* the longest header of a frame: RFC 8878, section 3.1.1.1 */
};

struct unpack {
    enum unpack_kind kind;
    unsigned n_header; /* bytes of the frame that were given to libzstd one by one */
    bool at_end;       /* between members */
    bool pending;      /* the last output was filled up, so there may be more without new input */
    bool damaged;
    z_stream gzip;
    ZSTD_DStream *zstd;
};

enum unpack_kind unpack_detect(struct span head)
{
    if (span_starts(head, SPAN("\x1f\x8b"))) {
        return UNPACK_GZIP;
    }
    if (span_starts(head, SPAN("\x28\xb5\x2f\xfd"))) {
        return UNPACK_ZSTD;
    }
    /* Skippable frames, 0x184D2A50 to 0x184D2A5F: pzstd begins its files with one. */
    bool skippable = head.len >= 4 && ((unsigned char)head.ptr[0] & 0xf0U) == 0x50 &&
                     memcmp(head.ptr + 1, "\x2a\x4d\x18", 3) == 0;
    return skippable ? UNPACK_ZSTD : UNPACK_PLAIN;
}

const char *unpack_name(enum unpack_kind kind)
{
    static const char *const names[] = {"plain", "gzip", "zstd"};
    return names[kind];
}

/* Both libraries fail here for want of memory only. */
static void check_memory(bool is_there)
{
    if (!is_there) {
        abort();
    }
}

struct unpack *unpack_new(enum unpack_kind kind)
{
    struct unpack *u = alloc_zero(1, sizeof(*u));
    u->kind = kind;
    u->at_end = true;
    switch (kind) {
    case UNPACK_PLAIN: break;
    case UNPACK_GZIP: check_memory(inflateInit2(&u->gzip, 15 + 16) == Z_OK); break;
    case UNPACK_ZSTD:
        u->zstd = ZSTD_createDStream();
        check_memory(u->zstd != NULL);
        break;
    }
    return u;
}

void unpack_free(struct unpack *u)
{
    if (!u) {
        return;
    }
    if (u->kind == UNPACK_GZIP) {
        inflateEnd(&u->gzip);
    }
    ZSTD_freeDStream(u->zstd);
    free(u);
}

static ptrdiff_t step_plain(struct span *in, char *out, size_t size)
{
    size_t n = in->len < size ? in->len : size;
    if (n) {
        memcpy(out, in->ptr, n);
    }
    *in = span_after(*in, n);
    return (ptrdiff_t)n;
}

/* Zero bytes behind a member are padding (of tapes, and of files cut up in blocks); gzip(1) passes
 * over them too. Anything else there must be a member. */
static void skip_padding(struct span *in)
{
    while (in->len && in->ptr[0] == '\0') {
        *in = span_after(*in, 1);
    }
}

/* zlib stops at the end of each member and must be told to go on with the next. Z_BUF_ERROR only
 * says that it could do nothing: no input, or no room. */
static ptrdiff_t step_gzip(struct unpack *u, struct span *in, char *out, size_t size)
{
    if (u->at_end) {
        skip_padding(in);
        if (in->len == 0) {
            return 0;
        }
        u->at_end = false;
    }
    z_stream *z = &u->gzip;
    uInt room = (uInt)(size < UINT_MAX ? size : UINT_MAX);
    uInt given = (uInt)(in->len < UINT_MAX ? in->len : UINT_MAX);
    z->next_in = (const Bytef *)in->ptr;
    z->avail_in = given;
    z->next_out = (Bytef *)out;
    z->avail_out = room;
    int rc = inflate(z, Z_NO_FLUSH);
    *in = span_after(*in, given - z->avail_in);
    size_t written = room - z->avail_out;
    if (rc == Z_STREAM_END) {
        u->at_end = true;
        u->damaged = inflateReset(z) != Z_OK;
    } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
        u->damaged = true;
    }
    return (ptrdiff_t)written;
}

/* libzstd goes on with the next frame by itself, and passes over skippable ones. It returns 0 when
 * a frame is complete and given out, else a hint how much it would like. A frame that it finds
 * whole in its input it decodes without a look at its window; so that the same is refused however
 * the input is cut, it never sees one whole. */
static ptrdiff_t step_zstd(struct unpack *u, struct span *in, char *out, size_t size)
{
    if (u->at_end) {
        u->n_header = 0;
    }
    bool in_header = u->n_header < ZSTD_HEADER_BYTES && in->len;
    ZSTD_inBuffer from = {in->ptr, in_header ? 1 : in->len, 0};
    ZSTD_outBuffer to = {out, size, 0};
    size_t hint = ZSTD_decompressStream(u->zstd, &to, &from);
    *in = span_after(*in, from.pos);
    u->n_header += in_header ? (unsigned)from.pos : 0;
    if (ZSTD_isError(hint)) {
        u->damaged = true;
    } else if (from.pos || to.pos) {
        /* Without progress the hint speaks of the frame that would come next. */
        u->at_end = hint == 0;
    }
    return (ptrdiff_t)to.pos;
}

static ptrdiff_t step(struct unpack *u, struct span *in, char *out, size_t size)
{
    switch (u->kind) {
    case UNPACK_GZIP: return step_gzip(u, in, out, size);
    case UNPACK_ZSTD: return step_zstd(u, in, out, size);
    case UNPACK_PLAIN: break;
    }
    return step_plain(in, out, size);
}

/* Both libraries call it an error to be asked too often without input, so an empty `in` reaches
 * them only when they may hold back output for want of room. */
ptrdiff_t unpack_some(struct unpack *u, struct span *in, char *out, size_t size)
{
    size_t written = 0;
    while (!u->damaged && written < size && (in->len || u->pending)) {
        size_t before = in->len;
        ptrdiff_t n = step(u, in, out + written, size - written);
        written += (size_t)n;
        u->pending = written == size;
        if (n == 0 && in->len == before) {
            break;
        }
    }
    if (u->damaged && written == 0) {
        return -EILSEQ;
    }
    return (ptrdiff_t)written;
}

bool unpack_at_end(const struct unpack *u)
{
    return u->at_end && !u->damaged;
}
