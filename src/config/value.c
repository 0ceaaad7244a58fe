/* Values are read digit by digit: strtod and the like obey the locale and accept "inf" and "0x10".
 */
#include "config/value.h"

#include "base/choice.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/un.h>

/* The unit is what follows the digits; "" stands first, so plain numbers are seconds. Only whole
 * numbers: who wants 1.5s writes 1500ms. */
bool value_duration(struct span text, int64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    uint64_t number = 0;
    if (!span_to_u64(span_head(text, digits), &number)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (span_is(span_after(text, digits), units[i].unit)) {
            if (number > INT64_MAX / units[i].ms) {
                return false;
            }
            *ms = (int64_t)(number * units[i].ms);
            return true;
        }
    }
    return false;
}

/* "2" is refused rather than taken for 2 % or 200 %: a limit that is never reached is not noticed.
 */
bool value_ratio(struct span text, double *ratio)
{
    static const double tenths[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    bool percent = text.len && text.ptr[text.len - 1] == '%';
    struct span number = span_head(text, text.len - percent);
    size_t dot = span_find(number, '.');
    struct span fraction = span_after(number, dot + 1);
    uint64_t whole = 0, parts = 0;
    /* Nine places are more than any rule can use, and keep both numbers exact in a double. */
    if (!span_to_u64(span_head(number, dot), &whole) || whole > 100 || fraction.len > 9) {
        return false;
    }
    if (dot < number.len && !span_to_u64(fraction, &parts)) {
        return false;
    }
    double value = (double)whole + (double)parts / tenths[fraction.len];
    value = percent ? value / 100 : value;
    if (value > 1) {
        return false;
    }
    *ratio = value;
    return true;
}

/* Each "no" stands before its "yes", so odd places are on. */
bool value_switch(struct span text, bool *on)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_is(text, words[i])) {
            *on = i % 2;
            return true;
        }
    }
    return false;
}

/* Octal with or without a 0 in front, as chmod(1) reads it. */
bool value_mode(struct span text, int *mode)
{
    int bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '7' || bits > 0777) {
            return false;
        }
        bits = bits * 8 + (text.ptr[i] - '0');
    }
    if (text.len == 0 || bits > 0777) {
        return false;
    }
    *mode = bits;
    return true;
}

/* bind(2) would cut or refuse a longer path; a relative one would depend on who started us. */
static int check_unix(struct span path, struct problem *why)
{
    size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
    if (path.len < 2 || path.ptr[0] != '/') {
        problem_set(why, "after \"unix:\" there must be an absolute path");
        return -EINVAL;
    }
    if (path.len >= room) {
        problem_set(why, "the path of a unix socket has at most %zu bytes", room - 1);
        return -EINVAL;
    }
    return 0;
}

/* Only literal addresses count: a name may lead anywhere tomorrow. "localhost" is the one
 * exception. */
static bool is_loopback(struct span host)
{
    if (span_is(host, "localhost") || span_is(host, "[::1]")) {
        return true;
    }
    struct span rest = host;
    for (int i = 0; i < 4; i++) {
        size_t dot = span_find(rest, '.');
        uint64_t octet = 0;
        bool last = i == 3;
        if (last != (dot == rest.len) || !span_to_u64(span_head(rest, dot), &octet) ||
            octet > 255) {
            return false;
        }
        rest = span_after(rest, dot + 1);
    }
    return span_starts(host, SPAN("127."));
}

/* Brackets keep the colons of IPv6 apart from that of the port (RFC 3986, 3.2.2). Whether the name
 * leads anywhere is found out when it is bound. */
static bool is_host(struct span host)
{
    bool brackets = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    struct span inner = brackets ? span_head(span_after(host, 1), host.len - 2) : host;
    for (size_t i = 0; i < inner.len; i++) {
        unsigned char c = (unsigned char)inner.ptr[i];
        if (c <= ' ' || c == 0x7f || c == '[' || c == ']' || (c == ':' && !brackets)) {
            return false;
        }
    }
    return inner.len > 0;
}

/* The last colon parts host and port. Port 0 lets the kernel choose one. */
static int check_tcp(struct span where, bool *outside, struct problem *why)
{
    size_t colon = where.len;
    while (colon && where.ptr[colon - 1] != ':') {
        colon--;
    }
    struct span host = span_head(where, colon ? colon - 1 : 0);
    uint64_t port = 0;
    if (!is_host(host)) {
        problem_set(why, "after \"tcp:\" there must be host:port, as in tcp:127.0.0.1:9418 or "
                         "tcp:[::1]:9418");
        return -EINVAL;
    }
    if (!span_to_u64(span_after(where, colon), &port) || port > 65535) {
        problem_set(why, "a port is a number from 0 to 65535");
        return -EINVAL;
    }
    *outside = !is_loopback(host);
    return 0;
}

/* Two digits, up to `most`, taken off the text. */
static bool take_pair(struct span *text, unsigned most, unsigned *out)
{
    uint64_t n;
    if (text->len < 2 || !span_to_u64(span_head(*text, 2), &n) || n > most) {
        return false;
    }
    *out = (unsigned)n;
    *text = span_after(*text, 2);
    return true;
}

static bool take_byte(struct span *text, const char *any)
{
    bool is_one = text->len && text->ptr[0] && strchr(any, text->ptr[0]);
    *text = span_after(*text, is_one);
    return is_one;
}

/* "02:30" or "02:30:15", taken off the text. */
static bool take_time(struct span *text, int64_t *second)
{
    unsigned hour, minute, rest = 0;
    if (!take_pair(text, 23, &hour) || !take_byte(text, ":") || !take_pair(text, 59, &minute) ||
        (take_byte(text, ":") && !take_pair(text, 59, &rest))) {
        return false;
    }
    *second = (int64_t)hour * 3600 + (int64_t)minute * 60 + rest;
    return true;
}

bool value_time_of_day(struct span text, int64_t *second)
{
    int64_t found;
    if (!take_time(&text, &found) || text.len) {
        return false;
    }
    *second = found;
    return true;
}

bool value_zone(struct span text, int32_t *zone_s)
{
    unsigned hour, minute;
    if (span_is(text, "Z") || span_is(text, "UTC")) {
        *zone_s = 0;
        return true;
    }
    bool is_west = text.len && text.ptr[0] == '-';
    if (!take_byte(&text, "+-") || !take_pair(&text, 14, &hour)) {
        return false;
    }
    take_byte(&text, ":");
    if (!take_pair(&text, 59, &minute) || text.len) {
        return false;
    }
    int32_t offset = (int32_t)(hour * 3600 + minute * 60);
    *zone_s = is_west ? -offset : offset;
    return true;
}

/* Is it a day of its month? The calendar says so when it gives the date back. */
static bool is_date(int64_t days, unsigned month, unsigned day)
{
    int64_t year;
    unsigned same_month, same_day;
    clock_civil(days, &year, &same_month, &same_day);
    return same_month == month && same_day == day;
}

bool value_moment(struct span text, int32_t zone_s, int64_t *second)
{
    unsigned century, year, month, day;
    int64_t of_day;
    if (!take_pair(&text, 99, &century) || !take_pair(&text, 99, &year) || !take_byte(&text, "-") ||
        !take_pair(&text, 12, &month) || !take_byte(&text, "-") || !take_pair(&text, 31, &day) ||
        month == 0 || day == 0 || !take_byte(&text, "T ") || !take_time(&text, &of_day) ||
        (text.len && !value_zone(text, &zone_s))) {
        return false;
    }
    int64_t days = clock_days((int64_t)century * 100 + year, month, day);
    if (!is_date(days, month, day)) {
        return false;
    }
    *second = days * 86400 + of_day - zone_s;
    return true;
}

int value_listen(struct span text, bool *outside, struct problem *why)
{
    *outside = false;
    if (span_starts(text, SPAN("unix:"))) {
        return check_unix(span_after(text, 5), why);
    }
    if (span_starts(text, SPAN("tcp:"))) {
        return check_tcp(span_after(text, 4), outside, why);
    }
    problem_set(why, "\"%.*s\" is no address: unix:/path or tcp:host:port",
                (int)span_head(text, CHOICE_SHOWN).len, text.len ? text.ptr : "");
    return -EINVAL;
}

/* Enough to catch slips; libcurl judges the rest when it sends. */
int value_url(struct span text, struct problem *why)
{
    bool plain = span_starts(text, SPAN("http://"));
    bool good = plain || span_starts(text, SPAN("https://"));
    struct span rest = span_after(text, plain ? 7 : 8);
    good = good && rest.len && rest.ptr[0] != '/' && rest.ptr[0] != ':';
    for (size_t i = 0; good && i < rest.len; i++) {
        unsigned char c = (unsigned char)rest.ptr[i];
        good = c > ' ' && c != 0x7f;
    }
    if (!good) {
        problem_set(why, "\"%.*s\" is no http:// or https:// address",
                    (int)span_head(text, CHOICE_SHOWN).len, text.len ? text.ptr : "");
        return -EINVAL;
    }
    return 0;
}
