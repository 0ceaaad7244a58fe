/*
 * Division that rounds down, for numbers of seconds and of steps: C rounds towards zero, and before
 * 1970 numbers are negative.
 */
#ifndef TEAPOT_BASE_FLOOR_H
#define TEAPOT_BASE_FLOOR_H

#include <stddef.h>
#include <stdint.h>

/* The largest number that is not above a / b; `b` is above 0. */
static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The place of a number in a ring of that size: 0 to size - 1. */
static inline size_t floor_place(int64_t number, int64_t size)
{
    return (size_t)(number - floor_div(number, size) * size);
}

#endif
