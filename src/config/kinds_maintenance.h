/* The section "maintenance". */
#ifndef TEAPOT_CONFIG_KINDS_MAINTENANCE_H
#define TEAPOT_CONFIG_KINDS_MAINTENANCE_H

#include "config/settings.h"
#include "config/stanza.h"

/* Adds what one says; all rules must have been read. 0, or -EINVAL with the file's problem filled
 * and placed. */
int kinds_maintenance(const struct stanza *s, struct config *c);

#endif
