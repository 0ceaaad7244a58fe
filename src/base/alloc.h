/*
 * Heap memory that is there or the program ends. Everything that grows is capped, so running out
 * means a bug or a dead machine: the service manager starts us again and the checkpoint goes on.
 */
#ifndef TEAPOT_BASE_ALLOC_H
#define TEAPOT_BASE_ALLOC_H

#include "base/span.h"

/* Room for `count` items of `size` bytes, all zero. The caller frees it with free(). Never NULL. */
void *alloc_zero(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));

/* Changes `old` (may be NULL) to hold `count` items of `size` bytes; what is new is not cleared.
 * The old pointer is gone. The caller frees the result with free(). */
void *alloc_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* Moves the first `size` bytes of `old` to memory of just that size, which stays for long, and
 * frees `old`. To make it smaller where it is would leave what is cut off between things that
 * stay. */
void *alloc_fitted(void *old, size_t size) __attribute__((returns_nonnull));

/* A NUL-terminated copy of `s`, to be freed by the caller with free(). */
char *alloc_text(struct span s) __attribute__((malloc, returns_nonnull));

/* A NUL-terminated text from a printf format, to be freed by the caller with free(). */
char *alloc_printf(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* Asks the allocator to give free memory back to the system, also what lies between memory in use.
 * It takes about a millisecond, so it is for moments after which little happens. */
void alloc_trim(void);

#endif
