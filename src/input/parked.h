/*
 * Descriptors are few where there are many files: of those that have nothing new for the longest
 * time some are closed, and opened again when stat says that they changed.
 */
#ifndef TEAPOT_INPUT_PARKED_H
#define TEAPOT_INPUT_PARKED_H

#include "input/known.h"

enum {
    PARKED_RESERVE = 32, /* descriptors that are left for clients, the store and folders */
};

/* Opens a file as followed_open does; when descriptors run short, it closes others for it. */
int parked_open(struct known *known, const char *path, struct stat *st);

/* Closes files until the reserve is there again: those that were opened at once may not have been
 * read yet. */
void parked_keep_reserve(const struct known *known);

#endif
