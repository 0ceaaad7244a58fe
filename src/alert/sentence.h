/*
 * The one sentence of an alert that a person reads at 3 am: what, where, since when, how much.
 * Names in it are cut to a readable length and hold no control bytes; it always fits into
 * alert.summary.
 */
#ifndef TEAPOT_ALERT_SENTENCE_H
#define TEAPOT_ALERT_SENTENCE_H

#include "alert/notice.h"

/* Writes the summary of a firing alert. */
void sentence_firing(struct alert *alert, const struct rule *rule);

/* Writes the summary of an alert that was over at the second `over`, `worst` being what was found
 * at its worst; or of one whose rule is gone, with `worst` NULL. */
void sentence_resolved(struct alert *alert, const struct rule *rule, int64_t over,
                       const struct rule_finding *worst);

#endif
