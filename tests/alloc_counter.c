/*
 * Preloaded into a program, counts its calls of malloc, calloc and realloc, and writes the number
 * to the file that ALLOC_COUNTER_FILE names when the program ends.
 */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* dlsym itself may call calloc before the real one is known: it gets bytes from here. */
static _Alignas(16) char early[4096];
static size_t early_used;

static atomic_ulong calls;
static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* A pointer to a function does not convert from void * in ISO C; its bytes do. */
#define FIND(name)                                   \
    do {                                             \
        void *found = next(#name);                   \
        memcpy(&real_##name, &found, sizeof(found)); \
    } while (0)

__attribute__((constructor)) static void counter_start(void)
{
    FIND(calloc);
    FIND(malloc);
    FIND(realloc);
    FIND(free);
}

__attribute__((destructor)) static void counter_stop(void)
{
    const char *path = getenv("ALLOC_COUNTER_FILE");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (f) {
        fprintf(f, "%lu\n", atomic_load(&calls));
        fclose(f);
    }
}

static void *early_bytes(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof(early) - early_used) {
        return NULL;
    }
    void *p = early + early_used;
    early_used += size;
    return p;
}

static int is_early(const void *p)
{
    const char *c = p;
    return c >= early && c < early + sizeof(early);
}

void *malloc(size_t size)
{
    atomic_fetch_add(&calls, 1);
    return real_malloc ? real_malloc(size) : early_bytes(size);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return real_calloc ? real_calloc(n, size) : early_bytes(n * size);
}

void *realloc(void *p, size_t size)
{
    atomic_fetch_add(&calls, 1);
    if (!real_realloc || is_early(p)) {
        void *q = real_malloc ? real_malloc(size) : early_bytes(size);
        if (q && p) {
            size_t there = (size_t)(early + sizeof(early) - (const char *)p);
            memcpy(q, p, size < there ? size : there);
        }
        return q;
    }
    return real_realloc(p, size);
}

void free(void *p)
{
    if (p && !is_early(p) && real_free) {
        real_free(p);
    }
}
