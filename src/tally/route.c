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

/* Counts first and decides then, so that a segment is read once. */
static bool is_identifier(struct span s)
{
    size_t digits = 0, hex = 0;
    for (size_t i = 0; i < s.len; i++) {
        digits += is_digit(s.ptr[i]);
        hex += is_hex(s.ptr[i]);
    }
    if (s.len > NAME_LONGEST || (s.len > TOKEN_LONGEST && digits)) {
        return true;
    }
    return s.len &&
           (digits == s.len || (digits && hex == s.len && s.len >= HEX_LEAST) || is_uuid(s));
}

/* The ".jpg" at the end of a segment; empty when there is none. */
static struct span extension_of(struct span s)
{
    size_t dot = s.len;
    while (dot > 0 && s.ptr[dot - 1] != '.') {
        dot--;
        if (!is_letter(s.ptr[dot]) && !is_digit(s.ptr[dot])) {
            return span_after(s, s.len);
        }
    }
    size_t len = s.len - dot;
    bool is_one = dot > 1 && len > 0 && len <= EXTENSION_LONGEST && is_letter(s.ptr[dot]);
    return span_after(s, is_one ? dot - 1 : s.len);
}

/* Adds what there is room for. */
static void put(struct route_out *out, struct span s)
{
    size_t room = ROUTE_BYTES - out->len;
    size_t len = s.len < room ? s.len : room;
    if (len) {
        memcpy(out->to + out->len, s.ptr, len);
    }
    out->len += len;
}

static void put_segment(struct route_out *out, struct span s)
{
    struct span extension = extension_of(s);
    if (is_identifier(span_head(s, s.len - extension.len))) {
        put(out, SPAN("{}"));
        put(out, extension);
    } else {
        put(out, s);
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
    path = span_head(path, span_find(path, '?'));
    path = span_head(path, span_find(path, '#'));
    if (path.len == 0 || path.ptr[0] != '/') {
        return (struct span){out, 0};
    }
    while (path.len && route.len < ROUTE_BYTES) {
        put(&route, SPAN("/"));
        path = span_after(path, 1);
        struct span segment = span_head(path, span_find(path, '/'));
        put_segment(&route, segment);
        path = span_after(path, segment.len);
    }
    return (struct span){out, route.len};
}
