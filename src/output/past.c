#include "output/past.h"

#include "base/clock.h"
#include "output/members.h"

#include <stdio.h>

static void write_time(struct buf *out, const char *member, int64_t second)
{
    char text[CLOCK_TEXT];
    members_word(out, member, clock_rfc3339(second * 1000, text));
}

/* Writes the step that begins with item `i`; returns the first item behind it. */
static size_t write_point(struct buf *out, const struct history *h, size_t i)
{
    uint64_t plain[2] = {0}, classes[2] = {0};
    size_t end = i, first_code;
    int64_t at = h->items[i].at;
    for (; end < h->n && h->items[end].at == at && h->items[end].kind <= HISTORY_UNPARSED; end++) {
        plain[h->items[end].kind] += h->items[end].count;
    }
    first_code = end;
    for (; end < h->n && h->items[end].at == at; end++) {
        classes[h->items[end].kind >= 500] += h->items[end].count;
    }
    members_open(out, NULL, '{');
    write_time(out, "at", at);
    members_number(out, "requests", plain[HISTORY_REQUESTS]);
    members_number(out, "4xx", classes[0]);
    members_number(out, "5xx", classes[1]);
    members_number(out, "unparsed", plain[HISTORY_UNPARSED]);
    members_open(out, "codes", '{');
    for (i = first_code; i < end; i++) {
        char word[STATUS_TEXT];
        members_number(out, status_text((uint16_t)h->items[i].kind, word), h->items[i].count);
    }
    members_close(out, '}');
    members_close(out, '}');
    return end;
}

void past_write(struct buf *out, const struct history *h, uint32_t width, int64_t from, int64_t to)
{
    buf_byte(out, '{');
    members_word(out, "schema", "teapotd.history/1");
    write_time(out, "from", from);
    write_time(out, "to", to);
    members_number(out, "step", width);
    members_open(out, "points", '[');
    for (size_t i = 0; i < h->n;) {
        i = write_point(out, h, i);
    }
    members_close(out, ']');
    members_close(out, '}');
}
