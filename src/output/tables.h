/*
 * The tables and charts of the report, one function each; one without data writes nothing. report.c
 * puts them in order.
 */
#ifndef TEAPOT_OUTPUT_TABLES_H
#define TEAPOT_OUTPUT_TABLES_H

#include "output/page.h"
#include "output/summary.h"

/* Requests by class with bars; by code; by who has to act. */
void tables_classes(struct page *p, const struct tally *t);
void tables_codes(struct page *p, const struct tally *t);
void tables_blame(struct page *p, const struct tally *t);

/* Requests and 5xx over time as sparklines. */
void tables_timeline(struct page *p, const struct timeline *t);

/* Quantiles of the durations: of all, and of each class when there are several. */
void tables_durations(struct page *p, const struct tally *t);

/* Why requests failed, and the servers behind with the statuses that were theirs; nothing when the
 * log does not say. */
void tables_reasons(struct page *p, const struct tally *t);
void tables_origins(struct page *p, const struct tally *t);

/* The names of a dimension: hosts by requests, the others by errors. */
void tables_names(struct page *p, const struct tally *t, enum tally_dimension dimension);

/* The sources next to each other, when there are several. */
void tables_sources(struct page *p, const struct summary *s);

#endif
