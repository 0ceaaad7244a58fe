/*
 * Memory that is mostly zeros, made small: runs of zero words are left out. For what is put aside
 * and comes back as it was, in the same process.
 */
#ifndef TEAPOT_BASE_SPARSE_H
#define TEAPOT_BASE_SPARSE_H

#include "base/span.h"

enum {
    SPARSE_WORD = 4, /* bytes */
};

/* `size` bytes, a multiple of SPARSE_WORD, made small: to be freed. `*len` is how many they are
 * then. */
char *sparse_pack(const void *bytes, size_t size, size_t *len);

/* Fills `out` with the `size` bytes that were packed. */
void sparse_unpack(const char *packed, void *out, size_t size);

#endif
