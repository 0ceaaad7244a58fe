/* Bytes, numbers and times of a log. printf would take longer than the programs that are measured.
 */
#include "bench/generate/out.h"

#include <string.h>
#include <time.h>

void out_text(struct out *o, const char *text)
{
    size_t n = strlen(text);
    memcpy(o->bytes + o->len, text, n);
    o->len += n;
}

void out_char(struct out *o, char c)
{
    o->bytes[o->len++] = c;
}

void out_number(struct out *o, uint64_t n)
{
    out_padded(o, n, 1);
}

void out_padded(struct out *o, uint64_t n, unsigned width)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0 || sizeof(digits) - at < width);
    memcpy(o->bytes + o->len, digits + at, sizeof(digits) - at);
    o->len += sizeof(digits) - at;
}

void out_seconds(struct out *o, unsigned ms)
{
    out_number(o, ms / 1000);
    out_char(o, '.');
    out_padded(o, ms % 1000, 3);
}

static void make_stamp(struct out *o)
{
    time_t t = (time_t)o->stamped;
    struct tm tm;
    gmtime_r(&t, &tm);
    switch (o->notation) {
    case OUT_CLF: strftime(o->stamp, sizeof(o->stamp), "%d/%b/%Y:%H:%M:%S", &tm); break;
    case OUT_ISO: strftime(o->stamp, sizeof(o->stamp), "%Y-%m-%d %H:%M:%S", &tm); break;
    case OUT_SYSLOG: strftime(o->stamp, sizeof(o->stamp), "%b %e %H:%M:%S", &tm); break;
    }
}

void out_stamp(struct out *o, enum out_notation notation, int64_t second)
{
    if (o->stamp[0] == '\0' || o->stamped != second || o->notation != notation) {
        o->stamped = second;
        o->notation = notation;
        make_stamp(o);
    }
    out_text(o, o->stamp);
}
