/*
 * Any bytes as a packed log, handed over in two pieces that the first byte decides, and read with
 * room for few bytes and for many: both give the same, and an end. Of a damaged one, what comes
 * before the damage may be more or less of it.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "input/unpack.h"

#include <stdlib.h>

enum {
    MOST = 1 << 22, /* a bomb is not unpacked to its end here */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that comes out, as far as MOST; false when the stream is damaged, or is not over: which of
 * the two is known sooner with more bytes at hand. */
static bool unpack_all(struct span all, size_t cut, size_t room, struct buf *out)
{
    struct unpack *u = unpack_new(unpack_detect(all));
    char *piece = alloc_zero(room, 1);
    struct span pieces[] = {span_head(all, cut), span_after(all, cut)};
    bool is_good = true;
    for (size_t i = 0; i < 2 && is_good; i++) {
        struct span in = pieces[i];
        ptrdiff_t n = 0;
        do {
            n = unpack_some(u, &in, piece, room);
            is_good = n >= 0;
            if (n > (ptrdiff_t)room || (n == 0 && in.len)) {
                abort();
            }
            buf_add(out, (struct span){piece, n > 0 ? (size_t)n : 0});
        } while (n > 0 && out->len < MOST);
    }
    is_good = is_good && unpack_at_end(u);
    unpack_free(u);
    free(piece);
    return is_good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = {(const char *)data, size};
    struct buf a = {0}, b = {0};
    size_t cut = size ? data[size - 1] % size : 0;
    bool first = unpack_all(all, cut, 100, &a), second = unpack_all(all, size, 65536, &b);
    if (a.len < MOST && b.len < MOST) {
        size_t n =
            first && second ? (a.len > b.len ? a.len : b.len) : (a.len < b.len ? a.len : b.len);
        if (first != second ||
            !span_equal(span_head(buf_span(&a), n), span_head(buf_span(&b), n))) {
            abort();
        }
    }
    buf_done(&a);
    buf_done(&b);
    return 0;
}
