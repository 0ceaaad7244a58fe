/*
 * Wall and monotonic time in milliseconds, and civil dates. Dates follow Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms" (days_from_civil, civil_from_days): exact over the
 * proleptic Gregorian calendar, before 1970 too, and without the locks, the zone and the global
 * state of the C library. Only clock_zone_offset asks the library, which alone knows the local
 * zone.
 */
#define _DEFAULT_SOURCE /* tm_gmtoff */

#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Its zero means nothing, but it never goes back when somebody sets the clock. */
int64_t clock_mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Years begin in March here, so that the leap day is their last. An era has 400 years or 146,097
 * days; 719,468 days lie between 0000-03-01 and 1970-01-01. yoe, doy and doe are the year of the
 * era, the day of the year and the day of the era. */
int64_t clock_days(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned yoe = (unsigned)(year - era * 400);
    unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

/* The reverse, with the same names; mp is the month counted from March. */
void clock_civil(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int64_t)yoe + era * 400 + (*month <= 2);
}

/* C rounds towards zero, but a time before 1970 belongs to the second below it. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* RFC 3339 has years of four digits only, so times outside are moved to the nearest that can be
 * written. The remainders change nothing: they show the compiler that the text fits. */
char *clock_rfc3339(int64_t ms, char out[CLOCK_TEXT])
{
    static const int64_t first = -62167219200000LL, last = 253402300799999LL; /* years 0 and 9999 */
    ms = ms < first ? first : ms > last ? last : ms;
    int64_t s = floor_div(ms, 1000), days = floor_div(s, 86400);
    unsigned of_day = (unsigned)(s - days * 86400), milli = (unsigned)(ms - s * 1000);
    int64_t year;
    unsigned month, day;
    clock_civil(days, &year, &month, &day);
    int at = snprintf(out, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)year % 10000,
                      month % 100, day % 100, of_day / 3600 % 100, of_day / 60 % 60, of_day % 60);
    if (milli) {
        at += snprintf(out + at, CLOCK_TEXT - (size_t)at, ".%03u", milli);
    }
    snprintf(out + at, CLOCK_TEXT - (size_t)at, "Z");
    return out;
}

int32_t clock_zone_offset(int64_t local_s)
{
    /* Guess with the offset that holds at the civil time taken as UTC, then once more with it:
     * right but for the hour that a change of summer time leaves out or doubles. */
    long offset = 0;
    for (int i = 0; i < 2; i++) {
        time_t at = (time_t)(local_s - offset);
        struct tm tm;
        if (!localtime_r(&at, &tm)) {
            return 0;
        }
        offset = tm.tm_gmtoff;
    }
    return (int32_t)offset;
}
