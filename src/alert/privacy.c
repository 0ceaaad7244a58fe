/*
 * One pass over the line. Where the client's address stands depends on the format, which is not
 * known here; but in the formats that are not JSON it is one of the first words, and the addresses
 * of upstreams, which a person needs to see, come later.
 */
#include "alert/privacy.h"

struct text {
    char *at, *end; /* one byte is left for the NUL */
};

/* What does not fit is dropped, and a NUL, which would end the text, becomes a question mark. */
static void put(struct text *t, char byte)
{
    if (t->at < t->end) {
        *t->at++ = byte ? byte : '?';
    }
}

static void put_all(struct text *t, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        put(t, s.ptr[i]);
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The length up to and with the third dot of an IPv4 address at the start of `word`, 0 when there
 * is none; `*whole` is the length of the address. */
static size_t ipv4_network(struct span word, size_t *whole)
{
    size_t at = 0, network = 0;
    for (int part = 0; part < 4; part++) {
        size_t digits = 0;
        while (at < word.len && digits < 4 && is_digit(word.ptr[at])) {
            at++;
            digits++;
        }
        if (digits == 0 || digits > 3) {
            return 0;
        }
        if (part < 3) {
            if (at == word.len || word.ptr[at] != '.') {
                return 0;
            }
            network = ++at;
        }
    }
    *whole = at;
    return network;
}

/* Is the rest of a word behind an address nothing, a port, or a list's comma? */
static bool ends_address(struct span rest)
{
    if (rest.len && rest.ptr[0] == ':') {
        rest = span_after(rest, 1);
        while (rest.len && is_digit(rest.ptr[0])) {
            rest = span_after(rest, 1);
        }
    }
    return rest.len == 0 || (rest.len == 1 && rest.ptr[0] == ',');
}

/* Only with "::" or seven colons: "03:12:07" must not be taken for one. */
static bool is_ipv6(struct span word)
{
    size_t colons = 0;
    bool pair = false;
    for (size_t i = 0; i < word.len && word.ptr[i] != '%'; i++) {
        char c = word.ptr[i];
        if (c == ':') {
            pair = pair || (i > 0 && word.ptr[i - 1] == ':');
            colons++;
        } else if (!is_hex(c) && c != '.' && c != ',' && c != '[' && c != ']') {
            return false;
        }
    }
    return pair || colons >= 7;
}

/* Of an IPv4 address the first three numbers stay, so that a person still sees which network it
 * was; an IPv6 address is left out. */
static void put_word(struct text *t, struct span word)
{
    size_t whole = 0, network = ipv4_network(word, &whole);
    if (network && ends_address(span_after(word, whole))) {
        put_all(t, span_head(word, network));
        put(t, '0');
        put_all(t, span_after(word, whole));
    } else {
        put_all(t, is_ipv6(word) ? SPAN("-") : word);
    }
}

static size_t word_len(struct span rest)
{
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t') {
        len++;
    }
    return len;
}

/* The words before the first that opens something; returns what follows them. */
static struct span clean_head(struct text *t, struct span line)
{
    while (line.len && line.ptr[0] != '"' && line.ptr[0] != '{') {
        size_t len = word_len(line);
        struct span word = span_head(line, len);
        bool is_opened = len && line.ptr[0] == '[' && !is_ipv6(word);
        if (is_opened || span_find(word, '?') < len) {
            break;
        }
        put_word(t, word);
        line = span_after(line, len);
        while (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) {
            put(t, line.ptr[0]);
            line = span_after(line, 1);
        }
    }
    return line;
}

/* How long is the query that begins at `rest`: up to a blank or a quote that is not escaped. */
static size_t query_len(struct span rest)
{
    size_t len = 0;
    for (; len < rest.len; len++) {
        char c = rest.ptr[len];
        bool escaped = len > 0 && rest.ptr[len - 1] == '\\';
        if (c == ' ' || c == '\t' || (c == '"' && !escaped)) {
            break;
        }
    }
    return len;
}

/* Anywhere in the key, since loggers put words of their own in front. */
static bool speaks_of_upstream(struct span key)
{
    for (; key.len; key = span_after(key, 1)) {
        if (span_starts(key, SPAN("upstream")) || span_starts(key, SPAN("backend"))) {
            return true;
        }
    }
    return false;
}

/* A quoted string of a JSON line, quotes left out, that is an address or a list's first address. */
static bool is_address(struct span s)
{
    size_t whole = 0;
    struct span first = span_head(s, word_len(s));
    return (ipv4_network(first, &whole) && ends_address(span_after(first, whole))) ||
           is_ipv6(first);
}

/* Cleans one address after the other, as in X-Forwarded-For, then cuts the query of a target.
 * `spare` keeps the addresses of upstreams, which a person needs to see. */
static void clean_quoted(struct text *t, struct span s, bool spare)
{
    while (!spare && s.len && is_address(s)) {
        size_t len = word_len(s);
        put_word(t, span_head(s, len));
        s = span_after(s, len);
        while (s.len && s.ptr[0] == ' ') {
            put(t, ' ');
            s = span_after(s, 1);
        }
    }
    size_t query = span_find(s, '?');
    put_all(t, span_head(s, query));
    s = span_after(s, query);
    put_all(t, span_after(s, query_len(s)));
}

/* The part of `s` before its closing quote. */
static struct span quoted(struct span s)
{
    size_t len = 0;
    while (len < s.len && s.ptr[len] != '"') {
        len += s.ptr[len] == '\\' ? 2 : 1;
    }
    return span_head(s, len);
}

/* Not a parser of JSON: a sample may be cut anywhere and must be cleaned all the same. The key seen
 * last decides what is done with the strings behind it. */
static void clean_json(struct text *t, struct span line)
{
    struct span key = {0};
    while (line.len) {
        if (line.ptr[0] != '"') {
            put(t, line.ptr[0]);
            line = span_after(line, 1);
            continue;
        }
        struct span s = quoted(span_after(line, 1));
        line = span_after(line, 1 + s.len);
        bool is_key = line.len > 1 && line.ptr[1] == ':';
        key = is_key ? s : key;
        put(t, '"');
        clean_quoted(t, s, speaks_of_upstream(key));
        if (line.len) {
            put(t, '"');
            line = span_after(line, 1);
        }
    }
}

/* `size` counts the NUL. Behind the head only queries are cut. */
void privacy_clean(struct span line, char *out, size_t size)
{
    struct text t = {out, out + size - 1};
    line = clean_head(&t, line);
    if (line.len && line.ptr[0] == '{') {
        clean_json(&t, line);
        line = span_head(line, 0);
    }
    while (line.len) {
        if (line.ptr[0] == '?') {
            line = span_after(line, query_len(line));
        } else {
            put(&t, line.ptr[0]);
            line = span_after(line, 1);
        }
    }
    *t.at = '\0';
}

/* A NUL would end the text for everybody who reads it. */
void privacy_copy(struct span line, char *out, size_t size)
{
    line = span_head(line, size - 1);
    for (size_t i = 0; i < line.len; i++) {
        out[i] = (char)(line.ptr[i] ? line.ptr[i] : '?');
    }
    out[line.len] = '\0';
}
