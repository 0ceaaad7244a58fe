/*
 * Several records in one line, as Azure's Event Hubs hand them on: {"records":[{…},{…}]}.
 */
#ifndef TEAPOT_PARSERS_LANG_BUNDLE_H
#define TEAPOT_PARSERS_LANG_BUNDLE_H

#include "base/span.h"

/* Is the line such a bundle? Then `records` is what stands behind its opening bracket. */
bool bundle_open(struct span line, struct span *records);

/* Takes the next record off `records`, without blanks around it; false when the bracket closes or
 * the text ends. A record that is cut is the last one. */
bool bundle_next(struct span *records, struct span *record);

#endif
