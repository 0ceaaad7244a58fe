/* The only place that reads a clock, and the civil calendar that times are read and written in. */
#ifndef TEAPOT_BASE_CLOCK_H
#define TEAPOT_BASE_CLOCK_H

#include <stdint.h>

enum {
    CLOCK_TEXT = 32, /* bytes that clock_rfc3339 needs */
};

/* Wall time in milliseconds since 1970-01-01 UTC. */
int64_t clock_wall_ms(void);

/* Monotonic milliseconds, for time-outs and rates. */
int64_t clock_mono_ms(void);

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar; `month` is 1 to 12
 * (algorithm: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
int64_t clock_days(int64_t year, unsigned month, unsigned day);

/* The reverse of clock_days. */
void clock_civil(int64_t days, int64_t *year, unsigned *month, unsigned *day);

/* Writes "2026-11-22T16:43:42Z", with ".147" before the Z when the milliseconds are not zero. Times
 * outside the years 0 to 9999 are cut to them. Returns `out`, NUL-terminated. */
char *clock_rfc3339(int64_t ms, char out[CLOCK_TEXT]);

/* Seconds east of UTC that this machine's zone has at the local civil second `local_s` (seconds
 * since 1970 as if the civil time were UTC). */
int32_t clock_zone_offset(int64_t local_s);

#endif
