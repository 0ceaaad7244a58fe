/*
 * How the values of a log look: where a status, a number, a time or a list that begins at some
 * place ends. Whether what follows it fits is the caller's business. Nothing here reads at or
 * beyond `end`.
 */
#ifndef TEAPOT_SCAN_SHAPE_H
#define TEAPOT_SCAN_SHAPE_H

#include "scan/find.h"

#include <stdbool.h>

/* How many bytes at `at` are a status word; 0: none. */
static inline size_t shape_status(const char *at, const char *end)
{
    if (at < end && *at == '-') {
        return at + 1 < end && at[1] == '1' ? 2 : 1;
    }
    size_t n = find_digits(at, end);
    return n <= 3 ? n : 0;
}

static inline size_t shape_number(const char *at, const char *end)
{
    const char *p = at + (at < end && (*at == '-' || *at == '+'));
    p += find_digits(p, end);
    if (p < end && *p == '.') {
        p++;
        p += find_digits(p, end);
    }
    return (size_t)(p - at);
}

/* How many bytes at `at` are five numbers, with or without a sign, and slashes between; 0: none. */
static inline size_t shape_timers(const char *at, const char *end)
{
    size_t n = 0, slashes = 0;
    for (; at + n < end; n++) {
        char c = at[n];
        if (!(c >= '0' && c <= '9') && c != '/' && c != '-' && c != '+') {
            break;
        }
        slashes += c == '/';
    }
    return slashes == 4 ? n : 0;
}

enum {
    SHAPE_CLF_SECONDS = 20, /* "22/Nov/2026:16:29:32" */
    SHAPE_ISO_SECONDS = 19, /* "2026-11-22T16:29:32" */
    SHAPE_CLF_LEN = 26,     /* "22/Nov/2026:16:29:32 +0000" */
};

static inline bool shape_is_clf(const char *at, const char *end)
{
    return end - at >= SHAPE_CLF_SECONDS && at[2] == '/' && at[6] == '/' && at[11] == ':';
}

/* Of what shape_is_clf: is it of the usual length, with a zone? */
static inline bool shape_has_usual_zone(const char *at, const char *end)
{
    return end - at > SHAPE_CLF_LEN && at[SHAPE_CLF_SECONDS] == ' ' &&
           (at[SHAPE_CLF_SECONDS + 1] == '+' || at[SHAPE_CLF_SECONDS + 1] == '-');
}

/* The end of what shape_is_clf, with the fraction and the zone if they are there. */
static inline const char *shape_clf_end(const char *at, const char *end)
{
    const char *p = at + SHAPE_CLF_SECONDS;
    if (p < end && *p == '.') {
        p += 1 + find_digits(p + 1, end);
    }
    bool has_zone =
        end - p >= 6 && p[0] == ' ' && (p[1] == '+' || p[1] == '-') && find_digits(p + 2, end) == 4;
    bool has_name = end - p >= 4 && (memcmp(p, " UTC", 4) == 0 || memcmp(p, " GMT", 4) == 0);
    return has_zone ? p + 6 : has_name ? p + 4 : p;
}

/* The end of a time in ISO notation, `at` itself when there is none. */
static inline const char *shape_iso_end(const char *at, const char *end)
{
    const char *p = at + SHAPE_ISO_SECONDS;
    bool is_date =
        end - at >= SHAPE_ISO_SECONDS && at[4] == at[7] && (at[4] == '-' || at[4] == '/');
    if (!is_date || at[13] != ':') {
        return at;
    }
    if (end - p >= 2 && (*p == '.' || *p == ',')) {
        p += 1 + find_digits(p + 1, end);
    }
    const char *zone = p + (end - p >= 2 && *p == ' ');
    if (end - zone >= 5 && (*zone == '+' || *zone == '-')) {
        return zone + (zone[3] == ':' && end - zone >= 6 ? 6 : 5);
    }
    return p + (p < end && *p == 'Z');
}

static inline const char *shape_caps_end(const char *at, const char *end)
{
    while (at < end && ((*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || *at == '_')) {
        at++;
    }
    return at;
}

static inline const char *shape_blanks_end(const char *at, const char *end)
{
    while (at < end && *at == ' ') {
        at++;
    }
    return at;
}

/* The end of a list "a, b : c": blanks belong to it behind a comma and around a colon. */
static inline const char *shape_list_end(const char *at, const char *end)
{
    const char *p = at;
    while (p < end && *p != ' ') {
        p++;
        if (end - p >= 2 && p[-1] == ',' && *p == ' ') {
            p++;
        } else if (end - p >= 3 && p[0] == ' ' && p[1] == ':' && p[2] == ' ') {
            p += 3;
        }
    }
    return p;
}

#endif
