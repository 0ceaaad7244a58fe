/*
 * Shared libraries that only some runs need, loaded by those: to link all that libcurl and
 * libmicrohttpd bring along takes several times as long as a short scan.
 */
#ifndef TEAPOT_BASE_LIBRARY_H
#define TEAPOT_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* A function of a library, and where in a struct of function pointers it goes. */
struct library_function {
    const char *name;
    size_t at;
};

/* Loads the first library of `names` (NULL at the end) that is there, and fills `calls` with all
 * `n` functions. False when there is no such library, or one that lacks a function. It is never
 * unloaded: TLS libraries leave things behind that are called at the end of the program. */
bool library_load(const char *const *names, const struct library_function *functions, size_t n,
                  void *calls);

#endif
