#include "base/packing.h"

void packing_put(struct buf *out, uint64_t n)
{
    while (n >= 128) {
        buf_byte(out, (char)(n | 128));
        n >>= 7;
    }
    buf_byte(out, (char)n);
}

void packing_put_signed(struct buf *out, int64_t n)
{
    packing_put(out, (uint64_t)n << 1 ^ (uint64_t)(n < 0 ? -1 : 0));
}

void packing_put_double(struct buf *out, double n)
{
    buf_add(out, (struct span){(const char *)&n, sizeof n});
}

void packing_put_text(struct buf *out, struct span text)
{
    packing_put(out, text.len);
    buf_add(out, text);
}

uint64_t packing_get(struct packing *in)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (in->rest.len == 0 || in->is_bad) {
            break;
        }
        unsigned char c = (unsigned char)in->rest.ptr[0];
        in->rest = span_after(in->rest, 1);
        n |= (uint64_t)(c & 127) << shift;
        if (c < 128) {
            return n;
        }
    }
    in->is_bad = true;
    return 0;
}

int64_t packing_get_signed(struct packing *in)
{
    uint64_t n = packing_get(in);
    return (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
}

double packing_get_double(struct packing *in)
{
    double n = 0;
    in->is_bad = in->is_bad || in->rest.len < sizeof n;
    if (!in->is_bad) {
        memcpy(&n, in->rest.ptr, sizeof n);
        in->rest = span_after(in->rest, sizeof n);
    }
    return n;
}

struct span packing_get_text(struct packing *in)
{
    uint64_t len = packing_get(in);
    in->is_bad = in->is_bad || len > in->rest.len;
    struct span text = span_head(in->rest, in->is_bad ? 0 : (size_t)len);
    in->rest = span_after(in->rest, text.len);
    return text;
}

uint64_t packing_get_upto(struct packing *in, uint64_t most)
{
    uint64_t n = packing_get(in);
    in->is_bad = in->is_bad || n > most;
    return in->is_bad ? 0 : n;
}
