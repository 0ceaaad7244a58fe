/*
 * Memory that is always there: when the system has none left, the program ends, for a daemon that
 * counts has nothing sensible to give up instead, and a caller who need not check can not forget
 * to. Whatever is returned is freed with free().
 */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Ends with abort, whose core dump shows who asked for so much. Nothing that could allocate is
 * called on the way. */
static void *checked(void *got)
{
    if (!got) {
        fputs("teapotd: out of memory\n", stderr);
        abort();
    }
    return got;
}

/* At least one byte: for a size of 0 calloc may return NULL (C11, 7.22.3), which would look like a
 * failure. */
void *alloc_zero(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

/* A product that overflows becomes a size that realloc must refuse. Unlike those of alloc_zero, new
 * bytes hold anything. */
void *alloc_resize(void *old, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count ? count : 1, size ? size : 1, &bytes)) {
        bytes = SIZE_MAX;
    }
    return checked(realloc(old, bytes));
}

void *alloc_fitted(void *old, size_t size)
{
    void *fitted = alloc_resize(NULL, size, 1);
    memcpy(fitted, old, size);
    free(old);
    return fitted;
}

/* The copy ends with a NUL of its own. Spans may hold NULs, and C then sees less than was copied.
 */
char *alloc_text(struct span s)
{
    char *copy = alloc_zero(s.len + 1, 1);
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

/* Formats twice, first only to measure: no guess of the length can be too short. */
char *alloc_printf(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = alloc_zero((size_t)(len < 0 ? 0 : len) + 1, 1);
    if (len > 0) {
        vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    va_end(args);
    return text;
}

/* glibc gives back what is free at the end of its heap by itself, and nothing else. */
void alloc_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
