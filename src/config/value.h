/*
 * Single values as a person writes them, in the configuration or on the command line: durations,
 * ratios, switches, file modes, addresses. Nothing here touches a file or a socket.
 */
#ifndef TEAPOT_CONFIG_VALUE_H
#define TEAPOT_CONFIG_VALUE_H

#include "base/diag.h"
#include "base/span.h"

/* A duration, "10s", "500ms", "2m", "1h", "30d" or plain seconds, in milliseconds. False, with
 * `*ms` untouched, when it is none or does not fit. */
bool value_duration(struct span text, int64_t *ms);

/* A ratio, "2%", "0.5%" or "0.02", as a number from 0 to 1. False, with `*ratio` untouched, when it
 * is none: also "2", which is 200 %. */
bool value_ratio(struct span text, double *ratio);

/* "true", "yes", "on" or "false", "no", "off". False when it is none of them. */
bool value_switch(struct span text, bool *on);

/* A file mode in octal digits, 0 to 0777. False when it is none. */
bool value_mode(struct span text, int *mode);

/* A time of the day, "02:30" or "02:30:15", in seconds; "24:00" is none. False when it is none. */
bool value_time_of_day(struct span text, int64_t *second);

/* An offset from UTC in seconds, "+01:00", "-0330", "Z" or "UTC". False when it is none. */
bool value_zone(struct span text, int32_t *zone_s);

/* A moment, "2026-12-01T22:00", with a blank in place of the T, seconds, or a zone behind it, in
 * seconds since 1970; without a zone it is in `zone_s`. False when it is none. */
bool value_moment(struct span text, int32_t zone_s, int64_t *second);

/* Is it an address to listen on, "unix:/path" or "tcp:host:port" ("tcp:[::1]:port")? 0, and
 * `*outside` tells whether other machines may reach it; or -EINVAL with `why`. */
int value_listen(struct span text, bool *outside, struct problem *why);

/* Is it an "http://" or "https://" address with a host? 0, or -EINVAL with `why`. */
int value_url(struct span text, struct problem *why);

#endif
