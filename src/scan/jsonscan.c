#include "scan/jsonscan.h"

static void skip_blanks(struct jsonscan *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n')) {
        s->at++;
    }
}

static bool take(struct jsonscan *s, char c)
{
    if (s->at < s->end && *s->at == c) {
        s->at++;
        return true;
    }
    return false;
}

struct jsonscan jsonscan_over(struct span line)
{
    struct jsonscan s = {.at = line.ptr, .end = line.ptr + line.len};
    skip_blanks(&s);
    s.failed = !take(&s, '{');
    s.depth = 1;
    return s;
}

/* Takes a string whose opening quote was taken; a backslash takes the next byte along. */
static bool take_string(struct jsonscan *s, struct span *out)
{
    const char *start = s->at;
    while (s->at < s->end) {
        const char *quote = memchr(s->at, '"', (size_t)(s->end - s->at));
        if (!quote) {
            break;
        }
        const char *p = quote;
        while (p > start && p[-1] == '\\') {
            p--;
        }
        s->at = quote + 1;
        if (((quote - p) & 1) == 0) {
            *out = (struct span){start, (size_t)(quote - start)};
            return true;
        }
    }
    s->failed = true;
    return false;
}

/* Steps over an array or object whose opening bracket was taken. */
static bool skip_nested(struct jsonscan *s)
{
    unsigned depth = 1;
    struct span ignored;
    while (s->at < s->end && depth > 0) {
        char c = *s->at++;
        if (c == '"') {
            if (!take_string(s, &ignored)) {
                return false;
            }
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    s->failed = depth > 0;
    return depth == 0;
}

static bool take_bare(struct jsonscan *s, struct span *out)
{
    const char *start = s->at;
    while (s->at < s->end && *s->at != ',' && *s->at != '}' && *s->at != ']' && *s->at != ' ' &&
           *s->at != '\t' && *s->at != '"') {
        s->at++;
    }
    *out = (struct span){start, (size_t)(s->at - start)};
    s->failed = s->at == s->end; /* cut: 50 may have been 502 */
    return !s->failed; /* also nothing at all: `"bytes":,` is what a server writes for a missing
                          number */
}

/* Takes the value of a member; `entered` says that it was an object, whose members come next. */
static bool take_value(struct jsonscan *s, struct jsonscan_member *m, bool *entered)
{
    const char *start = s->at;
    *entered = false;
    if (take(s, '"')) {
        m->is_string = true;
        return take_string(s, &m->value);
    }
    if (take(s, '[')) {
        m->is_array = true;
        bool whole = skip_nested(s);
        m->value = (struct span){start, (size_t)(s->at - start)};
        return whole;
    }
    if (take(s, '{')) {
        if (s->depth == JSONSCAN_DEPTH) {
            return skip_nested(s);
        }
        s->keys[s->depth - 1] = m->key;
        s->depth++;
        *entered = true;
        return true;
    }
    return take_bare(s, &m->value);
}

/* Leaves objects that end here; false when the outermost did. */
static bool leave_ended(struct jsonscan *s)
{
    skip_blanks(s);
    while (take(s, '}')) {
        if (--s->depth == 0) {
            return false;
        }
        skip_blanks(s);
        take(s, ',');
        skip_blanks(s);
    }
    return true;
}

/* Takes the comma behind a value. Garbage before it, such as the second half of Apache's `""""` for
 * an empty user name, is stepped over up to the next comma that a key may follow. */
static void skip_value_rest(struct jsonscan *s)
{
    skip_blanks(s);
    while (s->at < s->end && *s->at != ',' && *s->at != '}') {
        s->at++;
    }
    take(s, ',');
}

bool jsonscan_next(struct jsonscan *s, struct jsonscan_member *out)
{
    bool entered = true;
    while (entered) {
        *out = (struct jsonscan_member){0};
        if (s->failed || s->depth == 0 || !leave_ended(s)) {
            return false;
        }
        if (!take(s, '"') || !take_string(s, &out->key)) {
            s->failed = true;
            return false;
        }
        skip_blanks(s);
        if (!take(s, ':')) {
            s->failed = true;
            return false;
        }
        skip_blanks(s);
        if (!take_value(s, out, &entered)) {
            return false;
        }
        if (!entered) {
            skip_value_rest(s);
        }
    }
    return true;
}

static unsigned hex4(const char *p)
{
    unsigned value = 0;
    for (unsigned i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16U;
        if (digit > 15) {
            return 0xfffd;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Writes a code point below U+10000 as UTF-8; halves of surrogate pairs become U+FFFD each. */
static size_t put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    c = c >= 0xd800 && c < 0xe000 ? 0xfffd : c;
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

struct span jsonscan_unescape(struct span text, char *out, size_t size)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (span_find(text, '\\') == text.len) {
        return text;
    }
    size_t n = 0;
    for (size_t i = 0; i < text.len && n + 4 < size; i++) {
        char c = text.ptr[i];
        if (c != '\\' || i + 1 == text.len) {
            out[n++] = c;
            continue;
        }
        c = text.ptr[++i];
        const char *known = memchr(from, c, sizeof(from) - 1);
        if (c == 'u' && i + 4 < text.len) {
            n += put_utf8(out + n, hex4(text.ptr + i + 1));
            i += 4;
        } else {
            out[n++] = known ? to[known - from] : c;
        }
    }
    return (struct span){out, n};
}
