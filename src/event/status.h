/*
 * Status words as small numbers. A log writes "200", but also "009", "000", "99", "0", "-1" and
 * "-", and each is a value of its own: they must not be folded into one another. Every word of one
 * to three digits, "-" and "-1" has a slot, so that counting is an array index.
 */
#ifndef TEAPOT_EVENT_STATUS_H
#define TEAPOT_EVENT_STATUS_H

#include "base/span.h"

enum {
    STATUS_SLOTS = 1112,  /* 1000 of three digits, 10 of one, 100 of two, "-", "-1" */
    STATUS_DASH = 1110,   /* "-" */
    STATUS_MINUS1 = 1111, /* "-1" */
    STATUS_NONE = 0xffff, /* no status at all */
    STATUS_TEXT = 4,      /* bytes that status_text needs */
};

enum status_class {
    CLASS_1XX,
    CLASS_2XX,
    CLASS_3XX,
    CLASS_4XX,
    CLASS_5XX,
    CLASS_OTHER, /* pseudo codes and 600 to 999 */
    STATUS_CLASSES,
};

/* The slot of any status word, or STATUS_NONE when it is none. A slot below 1000 is the number
 * itself. */
uint16_t status_slot_of(struct span word);

/* The same; the three digits that nearly every line has are read without a call. */
static inline uint16_t status_slot(struct span w)
{
    unsigned a = w.len == 3 ? (unsigned)(unsigned char)w.ptr[0] - '0' : 10;
    unsigned b = w.len == 3 ? (unsigned)(unsigned char)w.ptr[1] - '0' : 10;
    unsigned c = w.len == 3 ? (unsigned)(unsigned char)w.ptr[2] - '0' : 10;
    return a <= 9 && b <= 9 && c <= 9 ? (uint16_t)(a * 100 + b * 10 + c) : status_slot_of(w);
}

/* Writes the word of a slot, NUL-terminated, and returns `out`. */
char *status_text(uint16_t slot, char out[STATUS_TEXT]);

/* The class of a slot. */
static inline enum status_class status_class(uint16_t slot)
{
    unsigned above = (unsigned)slot - 100;
    return above < 500 ? (enum status_class)(above / 100) : CLASS_OTHER;
}

/* Is it an answer that nobody need explain, 100 to 399? Not 308, which a few upload services use
 * for something of their own: then the line decides whose it is. */
static inline bool status_is_plain(uint16_t slot)
{
    return (unsigned)slot - 100 < 300 && slot != 308;
}

/* "1xx" … "5xx", "other". A static string. */
const char *status_class_name(enum status_class class);

#endif
