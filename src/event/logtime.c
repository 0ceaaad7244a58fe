/*
 * All notations but the epoch and the American one have the same shape: a head up to the minute,
 * two digits of seconds, an optional fraction, and the zone. Head and zone repeat from line to
 * line, so what they mean is kept, and a line of the same minute costs two comparisons.
 */
#include "event/logtime.h"

#include "base/clock.h"
#include "base/digits.h"

enum {
    HEAD_CLF = 18,     /* "22/Nov/2026:16:29:" */
    HEAD_ISO = 17,     /* "2026-11-22T16:29:" */
    HEAD_RFC3164 = 13, /* "Nov 22 16:40:" */
    HEAD_CTIME = 17,   /* "Sun Nov 22 16:40:" */
    HEAD_DASHED = 19,  /* "2026/11/22 - 16:40:" */
};

static const uint8_t head_of[LOGTIME_KINDS] = {
    [LOGTIME_CLF] = HEAD_CLF,         [LOGTIME_ISO] = HEAD_ISO,     [LOGTIME_ISO_UTC] = HEAD_ISO,
    [LOGTIME_RFC3164] = HEAD_RFC3164, [LOGTIME_CTIME] = HEAD_CTIME, [LOGTIME_DASHED] = HEAD_DASHED,
};

static bool digits(const char *p, unsigned n, unsigned *out)
{
    unsigned value = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)p[i] - '0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static bool month_of(const char *p, unsigned *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (unsigned i = 0; i < 12; i++) {
        if ((p[0] | 0x20) == names[i * 3] && (p[1] | 0x20) == names[i * 3 + 1] &&
            (p[2] | 0x20) == names[i * 3 + 2]) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

struct minute {
    unsigned year, month, day, hour, minute;
};

static bool is_date(const struct minute *m)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = m->year % 4 == 0 && (m->year % 100 != 0 || m->year % 400 == 0);
    return m->month >= 1 && m->month <= 12 && m->day >= 1 && m->day <= days[m->month - 1] &&
           m->hour < 24 && m->minute < 60 && (is_leap || m->month != 2 || m->day < 29);
}

/* Civil seconds of the minute's start, as if it were UTC. */
static int64_t minute_s(const struct minute *m)
{
    return clock_days(m->year, m->month, m->day) * 86400 + (int64_t)m->hour * 3600 +
           (int64_t)m->minute * 60;
}

static bool head_clf(const char *p, struct minute *m)
{
    return p[2] == '/' && p[6] == '/' && (p[11] == ':' || p[11] == ' ') && p[14] == ':' &&
           p[17] == ':' && digits(p, 2, &m->day) && month_of(p + 3, &m->month) &&
           digits(p + 7, 4, &m->year) && digits(p + 12, 2, &m->hour) &&
           digits(p + 15, 2, &m->minute);
}

static bool head_iso(const char *p, struct minute *m)
{
    bool dashes = (p[4] == '-' && p[7] == '-') || (p[4] == '/' && p[7] == '/');
    return dashes && (p[10] == 'T' || p[10] == ' ' || p[10] == 't' || p[10] == '\t') &&
           p[13] == ':' && p[16] == ':' && digits(p, 4, &m->year) && digits(p + 5, 2, &m->month) &&
           digits(p + 8, 2, &m->day) && digits(p + 11, 2, &m->hour) &&
           digits(p + 14, 2, &m->minute);
}

/* The year is the one that puts the stamp nearest before tomorrow: logs are read late, not early. A
 * zone east of ours may write January while it is still December here. */
static bool head_rfc3164(const char *p, int64_t now_s, struct minute *m)
{
    bool one_digit = p[4] == ' ';
    if (p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':' || !month_of(p, &m->month) ||
        !digits(p + 4 + one_digit, 2 - one_digit, &m->day) || !digits(p + 7, 2, &m->hour) ||
        !digits(p + 10, 2, &m->minute)) {
        return false;
    }
    int64_t year;
    unsigned month, day;
    clock_civil(now_s / 86400, &year, &month, &day);
    m->year = (unsigned)year + 1;
    while (minute_s(m) > now_s + 86400 && m->year >= year) {
        m->year--;
    }
    return true;
}

/* The year stands behind the seconds. */
static bool head_ctime(const char *p, struct span year, struct minute *m)
{
    bool one_digit = p[8] == ' ';
    return p[3] == ' ' && p[7] == ' ' && p[10] == ' ' && p[13] == ':' && p[16] == ':' &&
           month_of(p + 4, &m->month) && digits(p + 8 + one_digit, 2 - one_digit, &m->day) &&
           digits(p + 11, 2, &m->hour) && digits(p + 14, 2, &m->minute) && year.len == 5 &&
           year.ptr[0] == ' ' && digits(year.ptr + 1, 4, &m->year);
}

static bool head_dashed(const char *p, struct minute *m)
{
    return p[4] == '/' && p[7] == '/' && memcmp(p + 10, " - ", 3) == 0 && p[15] == ':' &&
           p[18] == ':' && digits(p, 4, &m->year) && digits(p + 5, 2, &m->month) &&
           digits(p + 8, 2, &m->day) && digits(p + 13, 2, &m->hour) &&
           digits(p + 16, 2, &m->minute);
}

/* Reads what stands behind the seconds. `local_s` is the civil time, for this machine's own zone.
 */
static bool read_zone(struct span z, enum logtime_kind kind, int64_t local_s, int32_t *offset_s)
{
    unsigned hours = 0, minutes = 0;
    while (z.len && z.ptr[0] == ' ') {
        z = span_after(z, 1);
    }
    if (z.len == 0) {
        *offset_s = kind == LOGTIME_ISO_UTC ? 0 : clock_zone_offset(local_s);
        return true;
    }
    if (span_is(z, "Z") || span_is(z, "z") || span_is(z, "UTC") || span_is(z, "GMT")) {
        *offset_s = 0;
        return true;
    }
    if ((z.ptr[0] != '+' && z.ptr[0] != '-') || z.len < 3 || !digits(z.ptr + 1, 2, &hours)) {
        return false;
    }
    size_t colon = z.len > 3 && z.ptr[3] == ':';
    if (z.len != 3 && (z.len != 5 + colon || !digits(z.ptr + 3 + colon, 2, &minutes))) {
        return false;
    }
    int32_t offset = (int32_t)(hours * 3600 + minutes * 60);
    *offset_s = z.ptr[0] == '-' ? -offset : offset;
    return hours < 24 && minutes < 60;
}

static bool read_minute(struct logtime *cache, enum logtime_kind kind, struct span text,
                        struct span zone)
{
    struct minute m = {0};
    bool good = kind == LOGTIME_CLF       ? head_clf(text.ptr, &m)
                : kind == LOGTIME_RFC3164 ? head_rfc3164(text.ptr, cache->now_s, &m)
                : kind == LOGTIME_CTIME   ? head_ctime(text.ptr, zone, &m)
                : kind == LOGTIME_DASHED  ? head_dashed(text.ptr, &m)
                                          : head_iso(text.ptr, &m);
    if (!good || !is_date(&m)) {
        return false;
    }
    int64_t local_s = minute_s(&m);
    int32_t offset;
    if (!read_zone(kind == LOGTIME_CTIME ? (struct span){0} : zone, kind, local_s, &offset)) {
        return false;
    }
    cache->minute_ms = (local_s - offset) * 1000;
    cache->kind = (uint8_t)kind;
    cache->head = head_of[kind];
    memcpy(cache->minute, text.ptr, cache->head);
    cache->tail = (uint8_t)(zone.len < sizeof(cache->minute) - cache->head ? zone.len : 0);
    if (cache->tail) {
        memcpy(cache->minute + cache->head, zone.ptr, cache->tail);
    } else if (zone.len) {
        cache->head = 0; /* too long to keep */
    }
    return true;
}

static bool is_kept(const struct logtime *c, enum logtime_kind kind, struct span text,
                    struct span zone)
{
    return c->head && c->kind == kind && c->tail == zone.len &&
           memcmp(c->minute, text.ptr, c->head) == 0 &&
           memcmp(c->minute + c->head, zone.ptr, zone.len) == 0;
}

/* Takes a fraction off the front of `rest`; only its milliseconds are of interest. */
static unsigned take_fraction(struct span *rest)
{
    unsigned ms = 0, scale = 100;
    if (rest->len < 2 || (rest->ptr[0] != '.' && rest->ptr[0] != ',')) {
        return 0;
    }
    *rest = span_after(*rest, 1);
    while (rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9') {
        ms += (unsigned)(rest->ptr[0] - '0') * scale;
        scale /= 10;
        *rest = span_after(*rest, 1);
    }
    return ms;
}

/* Ten digits, a point, and three to eight more, as for the next two hundred years. */
static bool read_usual_epoch(struct span text, int64_t *ms)
{
    uint64_t head, tail, fraction, ignored;
    size_t n = text.len - 11;
    if (text.len < 14 || n > DIGITS_MOST || text.ptr[10] != '.' ||
        !digits_read(text.ptr, 8, &head) || !digits_read(text.ptr + 8, 2, &tail) ||
        !digits_read(text.ptr + 11, 3, &fraction) || !digits_read(text.ptr + 11, n, &ignored)) {
        return false;
    }
    *ms = (int64_t)((head * 100 + tail) * 1000 + fraction);
    return true;
}

static bool read_epoch(struct span text, int64_t *ms)
{
    uint64_t whole;
    if (read_usual_epoch(text, ms)) {
        return true;
    }
    size_t dot = span_find(text, '.');
    if (dot > 19 || !span_to_u64(span_head(text, dot), &whole)) {
        return false;
    }
    struct span rest = span_after(text, dot);
    unsigned fraction = take_fraction(&rest);
    if (rest.len) {
        return false;
    }
    if (dot <= 11) {
        *ms = (int64_t)(whole * 1000 + fraction);
        return true;
    }
    *ms = (int64_t)(dot <= 14 ? whole : dot <= 17 ? whole / 1000 : whole / 1000000);
    return true;
}

/* Takes a number of at most `most` digits and the text behind it off the front. */
static bool take_number(struct span *rest, unsigned most, const char *behind, unsigned *out)
{
    size_t n = 0;
    while (n < rest->len && n <= most && rest->ptr[n] >= '0' && rest->ptr[n] <= '9') {
        n++;
    }
    if (n == 0 || n > most || !digits(rest->ptr, (unsigned)n, out)) {
        return false;
    }
    *rest = span_after(*rest, n);
    bool is_there = span_starts(*rest, span_of(behind));
    *rest = span_after(*rest, strlen(behind));
    return is_there;
}

/* Month, day and a year of two digits, none of them padded; before 1970 there were no such logs. */
static bool read_us(struct span text, int64_t *ms)
{
    struct minute m = {0};
    unsigned seconds = 0;
    if (!take_number(&text, 2, "/", &m.month) || !take_number(&text, 2, "/", &m.day) ||
        !take_number(&text, 4, ", ", &m.year) || !take_number(&text, 2, ":", &m.hour) ||
        !take_number(&text, 2, ":", &m.minute) || !take_number(&text, 2, "", &seconds) ||
        text.len || seconds > 60) {
        return false;
    }
    m.year += m.year < 70 ? 2000 : m.year < 100 ? 1900 : 0;
    if (!is_date(&m)) {
        return false;
    }
    int64_t local_s = minute_s(&m);
    *ms = (local_s - clock_zone_offset(local_s) + seconds) * 1000;
    return true;
}

/* Is `text` what was read last? Its length is equal already. Between 16 and 32 bytes, as nearly all
 * are, the first and the last 16 are compared, which overlap. */
static inline bool is_same(struct span text, const char *kept)
{
    uint64_t a[4], b[4];
    if (text.len < 16 || text.len > 32) {
        return text.len > 0 && memcmp(text.ptr, kept, text.len) == 0;
    }
    memcpy(a, text.ptr, 16);
    memcpy(a + 2, text.ptr + text.len - 16, 16);
    memcpy(b, kept, 16);
    memcpy(b + 2, kept + text.len - 16, 16);
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

bool logtime_read(struct logtime *cache, enum logtime_kind kind, struct span text, int64_t *ms)
{
    if (kind == LOGTIME_EPOCH) {
        return read_epoch(text, ms);
    }
    if (kind == LOGTIME_US) {
        return read_us(text, ms);
    }
    if (text.len == cache->text_len && kind == (enum logtime_kind)cache->kind &&
        is_same(text, cache->text)) {
        *ms = cache->text_ms;
        return true;
    }
    unsigned head = head_of[kind], seconds;
    if (head == 0 || text.len < head + 2 || !digits(text.ptr + head, 2, &seconds) || seconds > 60) {
        return false;
    }
    struct span zone = span_after(text, head + 2);
    unsigned fraction = take_fraction(&zone);
    if (!is_kept(cache, kind, text, zone) && !read_minute(cache, kind, text, zone)) {
        return false;
    }
    *ms = cache->minute_ms + (int64_t)seconds * 1000 + fraction;
    cache->text_len = text.len <= sizeof(cache->text) ? text.len : 0;
    span_copy(cache->text, span_head(text, cache->text_len));
    cache->text_ms = *ms;
    return true;
}
