/*
 * The first lines of the report: what was read, when, how much, how many 5xx, and what is wrong
 * with the sources. The lines to read when there is time for no more.
 */
#ifndef TEAPOT_OUTPUT_HEADLINE_H
#define TEAPOT_OUTPUT_HEADLINE_H

#include "output/page.h"
#include "output/summary.h"

/* Appends the headline of a summary. */
void headline_write(struct page *p, const struct summary *s);

#endif
