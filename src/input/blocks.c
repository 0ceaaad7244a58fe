/*
 * What stands behind the cut is less than a line's limit; it is copied to the front of the next
 * block. A block that would be empty, for its only line is longer than the grid, is read on to the
 * next multiple.
 */
#include "input/blocks.h"

#include "base/alloc.h"

#include <stdlib.h>

struct blocks {
    struct file *file;
    size_t grid;
    uint64_t position; /* of the unpacked bytes */
    struct framer next;
    size_t kept;
    char tail[FRAMER_LINE_BYTES];
};

struct blocks *blocks_new(struct file *f, size_t grid_bytes)
{
    struct blocks *b = alloc_zero(1, sizeof(*b));
    b->file = f;
    b->grid = grid_bytes;
    return b;
}

void blocks_free(struct blocks *b)
{
    free(b);
}

static void append(struct block *to, struct span bytes)
{
    if (bytes.len) {
        memcpy(to->bytes + to->len, bytes.ptr, bytes.len);
        to->len += bytes.len;
    }
}

static void make_room(struct block *to, size_t size)
{
    if (to->cap - to->len < size) {
        to->cap = to->len + size;
        to->bytes = alloc_resize(to->bytes, to->cap, 1);
    }
}

/* Reads up to the next multiple of the grid. */
static int fetch(struct blocks *b, struct block *to, struct problem *why)
{
    size_t want = b->grid - (size_t)(b->position % b->grid);
    make_room(to, want);
    ptrdiff_t n = file_read(b->file, to->bytes + to->len, want, why);
    if (n < 0) {
        to->is_last = true;
        return (int)n;
    }
    b->position += (uint64_t)n;
    to->len += (size_t)n;
    to->is_last = n == 0;
    return 0;
}

int blocks_add(struct blocks *b, struct block *to, struct problem *why)
{
    if (to->len == 0) {
        to->framer = b->next;
    }
    make_room(to, FRAMER_LINE_BYTES + b->grid);
    size_t from = to->len, cut = 0;
    append(to, (struct span){b->tail, b->kept});
    b->kept = 0;
    int rc = 0;
    struct framer next = b->next;
    while (rc == 0 && cut == 0 && !to->is_last) {
        rc = fetch(b, to, why);
        cut = framer_cut(&b->next, (struct span){to->bytes + from, to->len - from}, &next);
    }
    b->next = next;
    if (rc || !to->is_last) {
        b->kept = to->len - from - cut;
        memcpy(b->tail, to->bytes + from + cut, b->kept);
        to->len = from + cut;
    }
    return rc;
}

void blocks_release(struct block *b)
{
    free(b->bytes);
    *b = (struct block){0};
}
