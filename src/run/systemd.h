/* The service manager's protocols: readiness, watchdog, sockets handed over (the only user of
 * libsystemd). */
#ifndef TEAPOT_RUN_SYSTEMD_H
#define TEAPOT_RUN_SYSTEMD_H

#include "alert/alert.h"

#include <stddef.h>
#include <stdint.h>

/* Sends READY=1 with a status line; RELOADING=1 (with MONOTONIC_USEC); STOPPING=1; WATCHDOG=1.
 * Nothing happens when no service manager listens. */
void systemd_ready(const char *status);
void systemd_status(const char *status);
void systemd_reloading(void);
void systemd_stopping(void);
void systemd_alive(void);

/* How often systemd_alive is expected at the latest, in milliseconds (half the watchdog's time), 0:
 * never. */
uint64_t systemd_alive_every_ms(void);

/* Listening stream sockets that were handed over; at most `max` are written to `fds`. Returns how
 * many. */
size_t systemd_sockets(int *fds, size_t max);

/* Does the journal read our stderr? */
bool systemd_has_journal(void);

/* Writes a summary, one line of JSON, to the journal at level info, or to syslog where there is no
 * journal. What does not fit at once is left out. */
void systemd_log_summary(struct span json);

/* Writes an alert to the journal with its fields (TEAPOTD_RULE=, TEAPOTD_STATE= …) and priority, or
 * to syslog where there is no journal. It waits 50 ms at most for a journal that is behind; then
 * the alert is not written there. */
void systemd_log_alert(const struct alert *a);

#endif
