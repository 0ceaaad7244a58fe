/*
 * One member after the other, byte by byte between the strings. This, and nothing else, decides
 * what is a member: scan/jsonmemo remembers decisions that were made here.
 */
#include "scan/jsonscan.h"

#include "scan/find.h"

void jsonscan_marks(struct marks_set *set)
{
    marks_set_init(set, "\"\n", 2, true);
}

/* The newline behind `at`, by its mark. */
static const uint16_t *newline_mark(const struct jsonscan *s)
{
    const uint16_t *mark = s->mark;
    while (s->base[*mark] != '\n') {
        mark++;
    }
    return mark;
}

static const char *line_end(const struct jsonscan *s)
{
    const char *end = s->base + *newline_mark(s);
    return end - (end > s->at && end[-1] == '\r');
}

/* The first mark that is not before `at`: bytes were taken without asking which of them have one.
 */
static void catch_up(struct jsonscan *s)
{
    while (s->mark && s->base + *s->mark < s->at) {
        s->mark++;
    }
}

static bool fail(struct jsonscan *s)
{
    s->failed = true;
    s->depth = 0;
    return false;
}

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

static void start(struct jsonscan *s)
{
    skip_blanks(s);
    if (!take(s, '{')) {
        fail(s);
    }
    catch_up(s);
}

/* The keys are left as they are: none is looked at before it is there. */
static void begin(struct jsonscan *s, const char *at, const char *end, const uint16_t *mark)
{
    s->at = at;
    s->end = end;
    s->mark = mark;
    s->depth = 1;
    s->is_behind = false;
    s->failed = false;
}

void jsonscan_over(struct jsonscan *s, struct span line)
{
    begin(s, line.ptr, line.ptr + line.len, NULL);
    start(s);
}

void jsonscan_among(struct jsonscan *s, const struct lines *lines, const char *from)
{
    begin(s, from, NULL, lines->mark);
    s->base = lines->base;
    catch_up(s);
    if (*from == '{') {
        s->at++;
    } else {
        s->end = line_end(s);
        start(s);
    }
}

struct span jsonscan_leave(const struct jsonscan *s, struct lines *lines)
{
    const uint16_t *newline = newline_mark(s);
    const char *end = s->end ? s->end : line_end(s);
    struct span line = {lines->at, (size_t)(end - lines->at)};
    lines->mark = newline + 1;
    lines->at = lines->base + *newline + 1;
    return line;
}

const char *jsonscan_close(const struct jsonscan *s, const char *at)
{
    const char *from = at;
    while (from < s->end) {
        const char *quote = find_byte(from, s->end, '"'), *p = quote;
        while (p && p > at && p[-1] == '\\') {
            p--;
        }
        if (!quote || (quote - p) % 2 == 0) {
            return quote;
        }
        from = quote + 1;
    }
    return NULL;
}

static const char *marked_close(struct jsonscan *s)
{
    catch_up(s);
    const char *mark = s->base + *s->mark;
    return *mark == '"' ? mark : NULL;
}

/* Takes a string whose opening quote was taken; a backslash takes the next byte along. */
static bool take_string(struct jsonscan *s, struct span *out)
{
    const char *quote = s->mark ? marked_close(s) : jsonscan_close(s, s->at);
    if (!quote) {
        return fail(s);
    }
    *out = (struct span){s->at, (size_t)(quote - s->at)};
    s->at = quote + 1;
    return true;
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
    return depth == 0 || fail(s);
}

static bool take_bare(struct jsonscan *s, struct span *out)
{
    const char *start = s->at;
    while (s->at < s->end && *s->at != ',' && *s->at != '}' && *s->at != ']' && *s->at != ' ' &&
           *s->at != '\t' && *s->at != '"') {
        s->at++;
    }
    *out = (struct span){start, (size_t)(s->at - start)};
    /* Cut: 50 may have been 502. Nothing at all is well: `"bytes":,` is what a server writes for a
     * missing number. */
    return s->at < s->end || fail(s);
}

static bool take_object(struct jsonscan *s, struct jsonscan_member *m)
{
    if (s->depth == JSONSCAN_DEPTH) {
        return skip_nested(s);
    }
    s->keys[s->depth - 1] = m->key;
    s->depth++;
    m->kind = JSONSCAN_OBJECT;
    return true;
}

static bool take_value(struct jsonscan *s, struct jsonscan_member *m)
{
    const char *start = s->at;
    if (take(s, '"')) {
        m->kind = JSONSCAN_STRING;
        return take_string(s, &m->value);
    }
    if (take(s, '[')) {
        m->kind = JSONSCAN_ARRAY;
        bool whole = skip_nested(s);
        m->value = (struct span){start, (size_t)(s->at - start)};
        return whole;
    }
    return take(s, '{') ? take_object(s, m) : take_bare(s, &m->value);
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

static bool take_key(struct jsonscan *s, struct span *key)
{
    if (!take(s, '"') || !take_string(s, key)) {
        return fail(s);
    }
    skip_blanks(s);
    if (!take(s, ':')) {
        return fail(s);
    }
    skip_blanks(s);
    return true;
}

bool jsonscan_next(struct jsonscan *s, struct jsonscan_member *out)
{
    *out = (struct jsonscan_member){.kind = JSONSCAN_BARE};
    if (s->depth == 0) {
        return false;
    }
    s->end = s->end ? s->end : line_end(s);
    if (s->is_behind) {
        skip_value_rest(s);
    }
    bool is_there = leave_ended(s) && take_key(s, &out->key) && take_value(s, out);
    s->is_behind = out->kind != JSONSCAN_OBJECT;
    catch_up(s);
    return is_there;
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
