/*
 * Cuts what comes in its order only (a pipe, a packed file) into blocks of whole lines, so that
 * others may read them while the next one is fetched. Where a block ends depends on the bytes
 * alone, not on how they came: it has the lines that end before the next multiple of the grid.
 */
#ifndef TEAPOT_INPUT_BLOCKS_H
#define TEAPOT_INPUT_BLOCKS_H

#include "input/file.h"
#include "input/framer.h"

struct blocks;

/* A zeroed struct is empty. */
struct block {
    char *bytes; /* freed with blocks_release */
    size_t len, cap;
    struct framer framer; /* to begin with: a long line may go on in the block */
    bool is_last;         /* nothing follows: what stands behind the last line end is a line */
};

/* Blocks of a file, which is borrowed; freed with blocks_free. */
struct blocks *blocks_new(struct file *f, size_t grid_bytes);
void blocks_free(struct blocks *b);

/* Appends the next block to `to`; a new one begins when that has no bytes. 0, or a negative errno
 * with `why` filled when the file could not be read on: then the block is the last, and has the
 * whole lines from before. */
int blocks_add(struct blocks *b, struct block *to, struct problem *why);

/* Frees the memory of a block. */
void blocks_release(struct block *b);

#endif
