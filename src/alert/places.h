/*
 * Where errors are from: the upstreams, hosts and routes that an alert names, and the narrowest of
 * them that explain it.
 */
#ifndef TEAPOT_ALERT_PLACES_H
#define TEAPOT_ALERT_PLACES_H

#include "alert/diagnosis.h"

/* The name of a dimension that alerts speak of, as alert_where has it; NULL for what is none. */
const char *places_dimension(struct span name);

/* Fills in the places of an alert, from the errors of the seconds that it is about, `total` of them
 * in all, and those of the minutes before it. */
void places_fill(const struct diagnosis *d, const struct diagnosis_time *time, uint64_t total,
                 struct alert *out);

#endif
