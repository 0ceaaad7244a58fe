/*
 * One decoder of UTF-8 (RFC 3629, section 4) cuts text into pieces, a character or one wrong byte
 * each; the three ways of showing them differ only in what they write for a piece.
 */
#include "output/escape.h"

static const struct span replacement = {"\xef\xbf\xbd", 3}; /* U+FFFD */

struct piece {
    struct span bytes;
    uint32_t point;
    bool valid;
};

/* 0xc0 and 0xc1 could only begin overlong forms, and 0xf5 and above lie beyond U+10FFFF. */
static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Overlong forms and surrogates are refused: they are ways to get a character past a check. */
size_t escape_point(struct span s, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)s.ptr[0];
    size_t n = sequence_length(lead);
    if (n == 0 || n > s.len) {
        return 0;
    }
    uint32_t value = n == 1 ? lead : lead & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        unsigned char byte = (unsigned char)s.ptr[i];
        if ((byte & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (byte & 0x3fU);
    }
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return 0;
    }
    *point = value;
    return n;
}

/* A wrong byte is a piece by itself, so that it never takes a good character behind it along. */
static struct piece next_piece(struct span *rest)
{
    struct piece p = {.point = 0};
    size_t n = escape_point(*rest, &p.point);
    p.valid = n > 0;
    p.bytes = span_head(*rest, p.valid ? n : 1);
    *rest = span_after(*rest, p.bytes.len);
    return p;
}

/* Control characters of both sets, line and paragraph separators, and the marks, embeddings and
 * isolates that make text read in another order than it is written (Unicode UAX #9). */
static bool is_harmful(uint32_t p)
{
    return p < 0x20 || (p >= 0x7f && p < 0xa0) || p == 0x61c || p == 0x200e || p == 0x200f ||
           (p >= 0x2028 && p <= 0x202e) || (p >= 0x2066 && p <= 0x2069) || p == 0xfeff;
}

/* How many bytes at the start need no escape anywhere: nearly all of nearly every name. */
static size_t plain_run(struct span s)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' &&
           s.ptr[n] != '\\') {
        n++;
    }
    return n;
}

/* A NUL is replaced although JSON could write it, since many readers would end the string there. */
static void json_piece(struct buf *out, struct piece p)
{
    if (!p.valid || p.point == 0) {
        buf_add(out, replacement);
    } else if (p.point == '"' || p.point == '\\') {
        buf_byte(out, '\\');
        buf_add(out, p.bytes);
    } else if (is_harmful(p.point)) {
        buf_printf(out, "\\u%04x", (unsigned)p.point);
    } else {
        buf_add(out, p.bytes);
    }
}

void escape_json(struct buf *out, struct span text)
{
    buf_byte(out, '"');
    while (text.len) {
        size_t run = plain_run(text);
        buf_add(out, span_head(text, run));
        text = span_after(text, run);
        if (text.len) {
            json_piece(out, next_piece(&text));
        }
    }
    buf_byte(out, '"');
}

/* Cut between characters. Backslashes that are added do not count towards `max`. */
void escape_label(struct buf *out, struct span text, size_t max)
{
    for (size_t used = 0; text.len;) {
        struct piece p = next_piece(&text);
        bool shown = p.valid && (p.point == '\n' || !is_harmful(p.point));
        used += shown ? p.bytes.len : replacement.len;
        if (used > max) {
            return;
        }
        if (p.point == '\n') {
            buf_text(out, "\\n");
            continue;
        }
        if (p.point == '"' || p.point == '\\') {
            buf_byte(out, '\\');
        }
        buf_add(out, shown ? p.bytes : replacement);
    }
}

/* Characters that terminals show two columns wide: the large blocks of Unicode's
 * EastAsianWidth.txt. */
static size_t point_columns(uint32_t p)
{
    static const uint32_t wide[][2] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60}, {0xffe0, 0xffe6},
        {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        if (p >= wide[i][0] && p <= wide[i][1]) {
            return 2;
        }
    }
    return 1;
}

static void terminal_piece(struct buf *out, struct piece p, bool as_it_is)
{
    if (as_it_is) {
        buf_add(out, p.bytes);
        return;
    }
    for (size_t i = 0; i < p.bytes.len; i++) {
        buf_printf(out, "\\x%02x", (unsigned)(unsigned char)p.bytes.ptr[i]);
    }
}

void escape_terminal(struct buf *out, struct span text, size_t max, bool unicode)
{
    struct span ellipsis =
        span_head(unicode ? SPAN("\xe2\x80\xa6") : SPAN(".."), unicode ? 3 : max);
    size_t ellipsis_columns = unicode ? 1 : ellipsis.len;
    size_t columns = 0, cut_at = out->len;
    while (text.len) {
        struct piece p = next_piece(&text);
        bool as_it_is = p.valid && !is_harmful(p.point) && (unicode || p.point < 0x80);
        size_t more = as_it_is ? point_columns(p.point) : 4 * p.bytes.len;
        if (more > max - columns) {
            out->len = cut_at;
            buf_add(out, max ? ellipsis : (struct span){"", 0});
            return;
        }
        terminal_piece(out, p, as_it_is);
        columns += more;
        /* As much as this stays when the ellipsis must follow. */
        if (columns + ellipsis_columns <= max) {
            cut_at = out->len;
        }
    }
}

size_t escape_columns(struct span text)
{
    size_t columns = 0;
    while (text.len) {
        columns += point_columns(next_piece(&text).point);
    }
    return columns;
}
