/*
 * Lines in envelopes: the input is split into lines, one envelope state reads all of them, and what
 * it finds inside must be readable memory. Parts that are kept must be the same after they were
 * handed on.
 */
#include "base/alloc.h"
#include "parsers/lang/bundle.h"
#include "parsers/lang/envelope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that the sanitizer sees spans that lead astray. */
static void touch(struct span s)
{
    volatile char sum = 0;
    for (size_t i = 0; i < s.len; i++) {
        sum = (char)(sum ^ s.ptr[i]);
    }
}

/* The line is copied to a block of just its size: a byte read behind it is found. */
static void open_line(struct envelope *e, struct span line)
{
    char *copy = alloc_zero(line.len ? line.len : 1, 1);
    if (line.len) {
        memcpy(copy, line.ptr, line.len);
    }
    envelope_open(e, (struct span){copy, line.len});
    if (e->n < 1 || e->n > ENVELOPE_DEPTH + 1) {
        abort();
    }
    for (unsigned i = 0; i < e->n; i++) {
        touch(e->lines[i]);
    }
    touch(e->time);
    struct span records, record;
    size_t most = line.len; /* records are divided by bytes of the line */
    if (bundle_open((struct span){copy, line.len}, &records)) {
        while (bundle_next(&records, &record)) {
            touch(record);
            if (most-- == 0) {
                abort();
            }
        }
    }
    free(copy);
}

static void hand_on(const struct envelope *from)
{
    struct envelope *e = alloc_zero(1, sizeof(*e));
    envelope_take(e, from);
    if (envelope_sum(e) != envelope_sum(from)) {
        abort();
    }
    free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = {(const char *)data, size};
    struct envelope *e = alloc_zero(1, sizeof(*e));
    while (rest.len) {
        size_t end = span_find(rest, '\n');
        open_line(e, span_head(rest, end));
        rest = span_after(rest, end + 1);
    }
    hand_on(e);
    free(e);
    return 0;
}
