/*
 * Codes that two owners use, where a line tells whose it is by its path, query, method or host.
 */
#ifndef TEAPOT_CODES_HINT_H
#define TEAPOT_CODES_HINT_H

#include "codes/codes.h"
#include "event/event.h"

/* May the line matter to whose code the status is, in the logs of this server? */
bool hint_may_matter(uint16_t status, enum server server);

/* The owner that the line speaks for, or NULL when it speaks for none. Method and target of the
 * event must have been split (event_split). Static. */
const char *hint_owner(const struct event *e, enum server server);

#endif
