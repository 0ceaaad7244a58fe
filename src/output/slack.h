/* The body of an incoming webhook of Slack, or of what takes the same. */
#ifndef TEAPOT_OUTPUT_SLACK_H
#define TEAPOT_OUTPUT_SLACK_H

#include "alert/alert.h"
#include "base/buf.h"

/* Appends a message: the sentence, what speaks for it, where, and the sample lines. Its blocks are
 * plain text and its fallback is escaped, so that nothing from a log can mention anybody or be a
 * link (Slack, "Formatting text for app surfaces"). */
void slack_alert(struct buf *out, const struct alert *a);

#endif
