/*
 * A segment becomes {} when it is surely an identifier: digits only, a UUID, eight or more hex
 * digits (with a digit, or "deadbeef" and "facade" would do), a long token with digits, or anything
 * so long that it can't be a name that a programmer chose. An extension stays, since /{}.jpg and
 * /{}.php fail for different reasons. Nothing is decoded: routes are compared, not opened.
 */
#include "tally/route.h"

enum {
    HEX_LEAST = 8,      /* shorter hex words are words */
    TOKEN_LONGEST = 24, /* with digits */
    NAME_LONGEST = 40,
    EXTENSION_LONGEST = 8,
    UUID_BYTES = 36,
};

struct route_out {
    char *to;
    size_t len;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* 8-4-4-4-12 hex digits (RFC 9562), of any version. */
static bool is_uuid(struct span s)
{
    if (s.len != UUID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.ptr[i] != '-' : !is_hex(s.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* What of a segment decides: read once, byte by byte. */
struct segment {
    struct span text;
    size_t digits, hex;           /* in all of it */
    size_t dot;                   /* the last one's place; text.len: none */
    size_t stem_digits, stem_hex; /* before that dot */
};

/* The segment at the front of a path; a query or a fragment ends it as well. */
static struct segment read_segment(struct span path)
{
    struct segment s = {.text = path};
    size_t i = 0, digits = 0, hex = 0, dot = SIZE_MAX;
    for (; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == '/' || c == '?' || c == '#') {
            break;
        }
        if (c == '.') {
            dot = i;
            s.stem_digits = digits;
            s.stem_hex = hex;
        }
        unsigned digit = (unsigned)(unsigned char)c - '0' <= 9;
        digits += digit;
        hex += digit | ((unsigned)(unsigned char)(c | 0x20) - 'a' <= 5);
    }
    s.text.len = i;
    s.digits = digits;
    s.hex = hex;
    s.dot = dot < i ? dot : i;
    return s;
}

/* Of a text with so many digits and hex digits. */
static bool is_identifier(struct span s, size_t digits, size_t hex)
{
    if (s.len > NAME_LONGEST || (s.len > TOKEN_LONGEST && digits)) {
        return true;
    }
    return s.len &&
           (digits == s.len || (digits && hex == s.len && s.len >= HEX_LEAST) || is_uuid(s));
}

/* Is the ".jpg" behind the last dot an extension? */
static bool has_extension(const struct segment *s)
{
    struct span e = span_after(s->text, s->dot + 1);
    for (size_t i = 0; i < e.len && i <= EXTENSION_LONGEST; i++) {
        if (!is_letter(e.ptr[i]) && (i == 0 || !is_digit(e.ptr[i]))) {
            return false;
        }
    }
    return s->dot > 0 && e.len > 0 && e.len <= EXTENSION_LONGEST;
}

/* Adds what there is room for. */
static void put(struct route_out *out, struct span s)
{
    s = span_head(s, ROUTE_BYTES - out->len);
    span_copy(out->to + out->len, s);
    out->len += s.len;
}

static void put_segment(struct route_out *out, const struct segment *s)
{
    bool has_tail = s->dot < s->text.len && has_extension(s);
    struct span stem = has_tail ? span_head(s->text, s->dot) : s->text;
    if (is_identifier(stem, has_tail ? s->stem_digits : s->digits,
                      has_tail ? s->stem_hex : s->hex)) {
        put(out, SPAN("{}"));
        put(out, span_after(s->text, stem.len));
    } else {
        put(out, s->text);
    }
}

/* What follows the authority of "scheme://authority/path"; the whole of a target that is no URI. */
static struct span after_authority(struct span target)
{
    size_t letters = 0;
    while (letters < target.len &&
           (is_letter(target.ptr[letters]) || is_digit(target.ptr[letters]))) {
        letters++;
    }
    struct span rest = span_after(target, letters);
    if (letters == 0 || !span_starts(rest, SPAN("://"))) {
        return target;
    }
    rest = span_after(rest, 3);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?' && rest.ptr[end] != '#') {
        end++;
    }
    /* A URI without a path asks for the root (RFC 9110, 4.2.3). */
    return end < rest.len && rest.ptr[end] == '/' ? span_after(rest, end) : SPAN("/");
}

struct span route_of(struct span target, char out[ROUTE_BYTES])
{
    struct route_out route = {.to = out};
    if (target.len == 0) {
        return (struct span){out, 0};
    }
    struct span path = target.ptr[0] == '/' ? target : after_authority(target);
    if (path.len == 0 || path.ptr[0] != '/') {
        return (struct span){out, 0};
    }
    while (path.len && path.ptr[0] == '/' && route.len < ROUTE_BYTES) {
        put(&route, SPAN("/"));
        struct segment s = read_segment(span_after(path, 1));
        put_segment(&route, &s);
        path = span_after(path, 1 + s.text.len);
    }
    return (struct span){out, route.len};
}
