/* Growing output bytes. A zeroed struct is an empty buffer; its memory is kept over buf_clear. */
#ifndef TEAPOT_BASE_BUF_H
#define TEAPOT_BASE_BUF_H

#include "base/span.h"

struct buf {
    char *data; /* always NUL-terminated once something was added */
    size_t len, cap;
};

/* Frees the bytes; the buffer is empty and may be used again. */
void buf_done(struct buf *b);

/* Forgets the bytes but keeps the memory. */
void buf_clear(struct buf *b);

/* Makes room for `more` bytes beyond the present ones and returns where they go; the caller adds to
 * `len` what it wrote. Valid until the next call on this buffer. */
char *buf_room(struct buf *b, size_t more);

/* Appends bytes, a C string, a byte, a decimal number, or a printf format. */
void buf_add(struct buf *b, struct span bytes);
void buf_text(struct buf *b, const char *text);
void buf_byte(struct buf *b, char byte);
void buf_number(struct buf *b, uint64_t n);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the first `n` bytes away. */
void buf_drop(struct buf *b, size_t n);

/* What the buffer holds; valid until the next call that changes it. */
struct span buf_span(const struct buf *b);

#endif
