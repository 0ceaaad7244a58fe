/*
 * The dictionary of status codes: one entry per code and owner, from codes.def. Whose code a line
 * shows is verdict.h's business; this is only the book.
 */
#ifndef TEAPOT_CODES_CODES_H
#define TEAPOT_CODES_CODES_H

#include "base/span.h"
#include "event/server.h"
#include "event/status.h"

enum code_kind {
    KIND_STANDARD,
    KIND_EXPERIMENTAL,
    KIND_DEPRECATED,
    KIND_RESERVED,
    KIND_UNOFFICIAL,
    KIND_INTERNAL, /* made for the log, not for the wire */
    KIND_PSEUDO,   /* what stands in the status field when there is no status */
};

enum blame {
    BLAME_NONE,
    BLAME_CLIENT,
    BLAME_SERVER,
    BLAME_UPSTREAM,
    BLAME_EDGE,
    BLAME_NETWORK,
    BLAME_CONFIG,
    BLAME_AUTH,
    BLAME_UNKNOWN,
    BLAMES,
};

struct code {
    uint16_t status;   /* slot, event/status.h */
    const char *code;  /* as logs write it */
    const char *name;  /* "Client Closed Request" */
    const char *owner; /* "nginx", "ietf" … */
    enum code_kind kind;
    enum blame blame; /* the default; a line may say more */
    uint32_t seen_in; /* bit 1 << enum server for each format that lets the owner name the code */
    bool any;         /* right as the fallback in every format too */
    const char *spec; /* where it is from */
    const char *meaning; /* one or two sentences for the person who sees it in a log */
};

/* How many entries there are. They are sorted by word, byte by byte: "-", "-1", "0", "000" … */
size_t codes_count(void);

/* Entry number `index`, below codes_count(). Static. */
const struct code *codes_at(size_t index);

/* How many entries a status has; they stand in a row from number `*first` on, which is untouched
 * when there are none. */
size_t codes_of(uint16_t status, size_t *first);

/* The number of the entry for a status and owner; false when there is none. */
bool codes_find(uint16_t status, struct span owner, size_t *index);

/* Is `owner` one of the dictionary's owners? */
bool codes_is_owner(struct span owner);

/* "standard" … "pseudo" / "none" … "unknown". Static strings. */
const char *code_kind_name(enum code_kind kind);
const char *blame_name(enum blame blame);

#endif
