/*
 * Bytes that grow at their end. Once something was added, a NUL follows the last byte, so that
 * `data` can be read as a C string too; it is not counted in `len`, and there is room for it in
 * every calculation below. An unused buffer is all zero and owns nothing.
 */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Leaves an empty buffer, which may be used again or be done with twice. */
void buf_done(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

/* Keeps the memory: most buffers are filled again to about the same length. */
void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data) {
        b->data[0] = '\0';
    }
}

/* Doubling keeps the cost of many small additions in proportion to their bytes. Whoever writes into
 * the room moves `len` and sets the NUL; pointers into the old data are no longer good. */
char *buf_room(struct buf *b, size_t more)
{
    size_t need = b->len + more + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < need) {
            cap *= 2;
        }
        b->data = alloc_resize(b->data, cap, 1);
        b->cap = cap;
    }
    return b->data + b->len;
}

/* `bytes` must not lie in this buffer, which may move. Adding nothing to an unused buffer makes it
 * the empty string. */
void buf_add(struct buf *b, struct span bytes)
{
    char *to = buf_room(b, bytes.len);
    if (bytes.len) {
        memcpy(to, bytes.ptr, bytes.len);
    }
    b->len += bytes.len;
    b->data[b->len] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, span_of(text));
}

void buf_byte(struct buf *b, char byte)
{
    buf_add(b, (struct span){&byte, 1});
}

void buf_number(struct buf *b, uint64_t n)
{
    size_t digits = 1;
    for (uint64_t rest = n; rest >= 10; rest /= 10) {
        digits++;
    }
    char *to = buf_room(b, digits) + digits;
    b->len += digits;
    *to = '\0';
    do {
        *--to = (char)('0' + n % 10);
        n /= 10;
    } while (n);
}

/* Most texts fit into the room that there is, and are written once. A format that can not be
 * written (a negative length) adds nothing. */
void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = b->cap - b->len;
    int len = vsnprintf(room ? b->data + b->len : NULL, room, format, args);
    if (len > 0 && (size_t)len >= room) {
        vsnprintf(buf_room(b, (size_t)len), (size_t)len + 1, format, again);
    }
    b->len += len > 0 ? (size_t)len : 0;
    if (b->data) {
        b->data[b->len] = '\0';
    }
    va_end(again);
    va_end(args);
}

/* Moves what is left to the front: right for a few large pieces, not for many small ones. */
void buf_drop(struct buf *b, size_t n)
{
    n = n < b->len ? n : b->len;
    if (n) {
        memmove(b->data, b->data + n, b->len - n);
        b->len -= n;
        b->data[b->len] = '\0';
    }
}

struct span buf_span(const struct buf *b)
{
    return (struct span){b->data, b->len};
}
