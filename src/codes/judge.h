/*
 * What one line says beyond its status: whose code it is where two use it, why the request failed,
 * and so who has to act. Only lines that are no plain answers (status_is_plain) need it.
 */
#ifndef TEAPOT_CODES_JUDGE_H
#define TEAPOT_CODES_JUDGE_H

#include "codes/reason.h"
#include "codes/verdict.h"

struct judgement {
    struct verdict verdict; /* its blame is the reason's, when there is one */
    uint16_t reason; /* enum reason; REASON_NONE: nothing failed, or the log has no field for it */
    bool is_sure;    /* the server says so; else it is what mostly lies behind such a line */
};

/* Judges a request whose status is a slot; method and target must have been split (event_split).
 * The rules of each server, and where they are from, are in judge.c. */
struct judgement judge(const struct verdict_table *table, const struct event *e);

/* How many tries before the last failed, by the list in `e->origin` ("502, 200 : 504"): those are
 * faults that a retry hid from the client. 0 when there is no list. */
unsigned judge_masked(const struct event *e);

/* The first of those tries. */
struct masked {
    unsigned n;           /* how many there were */
    struct span upstream; /* of the first; empty when the log does not say */
    uint16_t status;      /* … and what it gave: a 5xx, or STATUS_DASH for nothing */
};
struct masked judge_first_masked(const struct event *e);

/* Takes the next name off a list as nginx writes it, "a, b : c". */
struct span judge_next_name(struct span *list);

/* Takes the next status off a list such as e->origin, and returns its slot, STATUS_NONE for what is
 * none. The list is empty after the last. */
uint16_t judge_next_try(struct span *list);

#endif
