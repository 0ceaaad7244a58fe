#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *got)
{
    if (!got) {
        fputs("teapotd: out of memory\n", stderr);
        abort();
    }
    return got;
}

void *alloc_zero(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *alloc_resize(void *old, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count ? count : 1, size ? size : 1, &bytes)) {
        bytes = SIZE_MAX;
    }
    return checked(realloc(old, bytes));
}

char *alloc_text(struct span s)
{
    char *copy = alloc_zero(s.len + 1, 1);
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

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
