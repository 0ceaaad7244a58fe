/* An alert as a mail, for sendmail(8). */
#ifndef TEAPOT_OUTPUT_MAIL_H
#define TEAPOT_OUTPUT_MAIL_H

#include "alert/alert.h"
#include "base/buf.h"

/* Appends a message (RFC 5322, UTF-8) to `to`, addresses with NULL at the end. Line ends are LF, as
 * sendmail takes them. All messages about one alert are one thread. `host` is whose daemon this is,
 * in its sender's name and message ids. */
void mail_alert(struct buf *out, const struct alert *a, const char *const *to, const char *host);

#endif
