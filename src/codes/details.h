/*
 * Numbers beside a status that say more than it: IIS's sub-status (the 13 of 404.13) and
 * Cloudflare's 1xxx, from details.def.
 */
#ifndef TEAPOT_CODES_DETAILS_H
#define TEAPOT_CODES_DETAILS_H

#include "codes/codes.h"

struct detail {
    uint16_t code;      /* 404, 1020 */
    uint16_t substatus; /* 13; 0 where there is none */
    const char *word;   /* "404.13", "1020" */
    const char *owner;  /* "microsoft-iis", "cloudflare" */
    const char *name;
    enum blame blame;
};

/* How many there are, and each of them, sorted by code and substatus. Static. */
size_t details_count(void);
const struct detail *details_at(size_t index);

/* The number of the entry that is written "404.13" or "1020"; false when there is none. */
bool details_find(struct span word, size_t *index);

/* The same for an IIS status and its sub-status. */
bool details_find_substatus(uint16_t status, uint16_t substatus, size_t *index);

#endif
