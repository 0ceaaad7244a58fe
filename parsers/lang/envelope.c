/* Each peel function takes one kind of envelope off, or returns false and changes nothing. */
#include "parsers/lang/envelope.h"

#include "parsers/lang/syslog.h"
#include "scan/cursor.h"
#include "scan/jsonscan.h"

enum {
    DOCKER_PART_BYTES = 16384, /* Docker cuts lines into pieces of so many */
    PREFIX_BYTES = 128,        /* before the bar of docker compose, or before a brace */
};

/* One envelope, on its way off. */
struct peel {
    struct envelope *to;
    struct span body;
    bool is_part; /* there is more of the body to come */
    bool is_err;  /* it went to stderr */
};

static struct span room_left(const struct envelope *e)
{
    return (struct span){e->room + e->used, sizeof(e->room) - e->used};
}

/* The text of colours: ESC [ digits and semicolons, and a letter. 0 when there is none at `i`. */
static size_t colour_len(struct span line, size_t i)
{
    size_t n = i + 2;
    if (n > line.len || line.ptr[i] != '\x1b' || line.ptr[i + 1] != '[') {
        return 0;
    }
    while (n < line.len && line.ptr[n] >= 0x20 && line.ptr[n] < 0x40) {
        n++;
    }
    return (n < line.len) + n - i;
}

static bool peel_colours(struct peel *p, struct span line)
{
    struct span room = room_left(p->to);
    size_t i = span_find(line, '\x1b'), n = 0;
    if (i == line.len || line.len > room.len) {
        return false;
    }
    char *out = p->to->room + p->to->used;
    for (i = 0; i < line.len;) {
        size_t skipped = colour_len(line, i);
        i += skipped;
        if (!skipped) {
            out[n++] = line.ptr[i++];
        }
    }
    if (n == line.len) {
        return false;
    }
    p->to->used += n;
    p->body = (struct span){out, n};
    return true;
}

/* Journals write text that is no UTF-8 as an array of its bytes. */
static struct span bytes_of(struct envelope *e, struct span array)
{
    char *out = e->room + e->used;
    size_t n = 0, room = room_left(e).len;
    unsigned value = 0;
    for (size_t i = 1; i < array.len && n < room; i++) {
        char c = array.ptr[i];
        if (c >= '0' && c <= '9') {
            value = (value * 10 + (unsigned)(c - '0')) & 0xff;
        } else if (c == ',' || c == ']') {
            out[n++] = (char)value;
            value = 0;
        }
    }
    e->used += n;
    return (struct span){out, n};
}

static struct span text_of(struct envelope *e, const struct jsonscan_member *m)
{
    if (m->kind == JSONSCAN_ARRAY) {
        return bytes_of(e, m->value);
    }
    struct span text = jsonscan_unescape(m->value, e->room + e->used, room_left(e).len);
    e->used += text.ptr == e->room + e->used ? text.len : 0;
    return text;
}

static bool is_body_key(struct span key)
{
    return span_is(key, "log") || span_is(key, "message") || span_is(key, "MESSAGE");
}

static bool is_time_key(struct span key)
{
    return span_is(key, "time") || span_is(key, "@timestamp") ||
           span_is(key, "__REALTIME_TIMESTAMP");
}

/* Takes the line end off; false when there is none. */
static bool take_line_end(struct span *text)
{
    size_t n = text->len;
    if (n == 0 || text->ptr[n - 1] != '\n') {
        return false;
    }
    n--;
    text->len = n - (n > 0 && text->ptr[n - 1] == '\r');
    return true;
}

/* An object around a text. It does not matter what comes behind the text, or whether it is whole.
 */
static bool peel_object(struct peel *p, struct span line)
{
    struct jsonscan scan;
    struct jsonscan_member m, body = {.kind = JSONSCAN_BARE};
    struct span time = {0};
    bool is_docker = false;
    jsonscan_over(&scan, line);
    while (jsonscan_next(&scan, &m)) {
        bool is_text = m.kind == JSONSCAN_STRING || m.kind == JSONSCAN_ARRAY;
        if (scan.depth != 1 || !is_text) {
            continue;
        }
        if (is_body_key(m.key) && !body.value.len) {
            body = m;
        } else if (is_time_key(m.key)) {
            time = m.value;
        } else if (span_is(m.key, "stream")) {
            is_docker = true;
            p->is_err = span_is(m.value, "stderr");
        }
    }
    if (body.value.len == 0) {
        return false;
    }
    p->to->time = time.len ? time : p->to->time;
    p->body = text_of(p->to, &body);
    bool is_ended = take_line_end(&p->body);
    p->is_part = !is_ended && is_docker && p->body.len >= DOCKER_PART_BYTES;
    return true;
}

static bool is_iso_time(struct span text)
{
    return text.len >= 19 && text.ptr[4] == '-' && text.ptr[7] == '-' && text.ptr[10] == 'T' &&
           text.ptr[13] == ':' && text.ptr[16] == ':' && text.ptr[0] >= '0' && text.ptr[0] <= '9';
}

/* One blank divides: what follows may begin with blanks of its own. */
static struct span take_to_blank(struct span *rest)
{
    size_t n = span_find(*rest, ' ');
    struct span word = span_head(*rest, n);
    *rest = span_after(*rest, n + 1);
    return word;
}

/* The tag is F for a whole line, P for a part, and more may follow behind a colon. */
static bool peel_cri(struct peel *p, struct span line)
{
    struct span time = take_to_blank(&line), stream = take_to_blank(&line);
    struct span tag = take_to_blank(&line);
    bool is_err = span_is(stream, "stderr");
    if (!is_iso_time(time) || (!is_err && !span_is(stream, "stdout")) || tag.len == 0 ||
        (tag.ptr[0] != 'F' && tag.ptr[0] != 'P') || (tag.len > 1 && tag.ptr[1] != ':')) {
        return false;
    }
    p->to->time = time;
    p->body = line;
    p->is_err = is_err;
    p->is_part = tag.ptr[0] == 'P';
    return true;
}

static bool peel_syslog(struct peel *p, struct span line)
{
    struct syslog_header header;
    if (!syslog_peel(line, &p->body, &header)) {
        return false;
    }
    p->to->time = header.time;
    return true;
}

static bool peel_time(struct peel *p, struct span line)
{
    struct span time = take_to_blank(&line);
    if (!is_iso_time(time) || line.len == 0) {
        return false;
    }
    p->to->time = time;
    p->body = line;
    return true;
}

/* Syslog by TCP: each message behind its length. */
static bool peel_count(struct peel *p, struct span line)
{
    uint64_t value;
    struct span count = take_to_blank(&line);
    p->body = line;
    return count.len <= 6 && span_to_u64(count, &value) && line.len && line.ptr[0] == '<';
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* "web-1  | ": the names are padded to one length. */
static bool peel_bar(struct peel *p, struct span line)
{
    size_t name = 0, i;
    while (name < line.len && name < PREFIX_BYTES && is_name_byte(line.ptr[name])) {
        name++;
    }
    for (i = name; i < line.len && i < PREFIX_BYTES && line.ptr[i] == ' '; i++) {
    }
    if (name == 0 || i == name || i + 1 >= line.len || line.ptr[i] != '|' ||
        line.ptr[i + 1] != ' ') {
        return false;
    }
    p->body = span_after(line, i + 2);
    return true;
}

static bool peel_pod(struct peel *p, struct span line)
{
    size_t end = span_find(line, ']');
    if (!span_starts(line, SPAN("[pod/")) || end + 1 >= line.len || line.ptr[end + 1] != ' ') {
        return false;
    }
    p->body = span_after(line, end + 2);
    return true;
}

static bool is_level(struct span word)
{
    static const char *const levels[] = {"TRACE",   "DEBUG", "INFO",  "NOTICE",
                                         "WARNING", "WARN",  "ERROR", "CRITICAL"};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (span_is(word, levels[i])) {
            return true;
        }
    }
    return false;
}

/* What is between brackets at the front of `rest`; empty when there are none, or no blank is behind
 * them. */
static struct span take_brackets(struct span *rest)
{
    size_t close = span_find(*rest, ']');
    if (rest->len == 0 || rest->ptr[0] != '[' || close + 1 >= rest->len ||
        rest->ptr[close + 1] != ' ') {
        return (struct span){0};
    }
    struct span inner = span_after(span_head(*rest, close), 1);
    *rest = span_after(*rest, close + 2);
    return inner;
}

static bool has_date(struct span text)
{
    return text.len >= 19 && text.ptr[4] == '-' && text.ptr[7] == '-' && text.ptr[13] == ':';
}

/* "[2026-11-22 16:43:42 +0000] [71] [INFO] " (gunicorn, hypercorn), or "[2026-11-22T16:43:42Z INFO
 * actix_web] " (Rust's env_logger). */
static bool peel_brackets(struct peel *p, struct span line)
{
    struct span rest = line, first = take_brackets(&rest), behind = rest;
    if (!has_date(first)) {
        return false;
    }
    size_t blank = span_find(first, ' ');
    struct span level = span_after(first, blank + 1);
    if (take_brackets(&rest).len && is_level(take_brackets(&rest))) {
        p->to->time = first;
        p->body = rest;
        return true;
    }
    if (is_level(span_head(level, span_find(level, ' ')))) {
        p->to->time = span_head(first, blank);
        p->body = behind;
        return true;
    }
    return false;
}

/* "INFO:werkzeug:", as Python's logging begins lines. */
static bool peel_logger(struct peel *p, struct span line)
{
    size_t colon = span_find(line, ':');
    struct span name = span_after(line, colon + 1);
    size_t end = span_find(span_head(name, PREFIX_BYTES), ':');
    if (!is_level(span_head(line, colon)) || end == 0 || end + 1 >= name.len ||
        name.ptr[end] != ':' || name.ptr[0] == ' ') {
        return false;
    }
    p->body = span_after(name, end + 1);
    return true;
}

/* Marks before a text: of its byte order, of a JSON sequence, and of Ambassador's access log. */
static bool peel_mark(struct peel *p, struct span line)
{
    static const char *const marks[] = {"\xef\xbb\xbf", "\x1e", "ACCESS "};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct span mark = span_of(marks[i]);
        if (span_starts(line, mark)) {
            p->body = span_after(line, mark.len);
            return true;
        }
    }
    return false;
}

/* Inside an envelope some words may stand before an object, a host or an address. */
static bool peel_words(struct peel *p, struct span line)
{
    size_t brace = span_find(span_head(line, PREFIX_BYTES), '{');
    if (p->to->n < 2 || brace == 0 || brace >= line.len || line.ptr[brace] != '{' ||
        line.ptr[brace - 1] != ' ') {
        return false;
    }
    for (size_t i = 0; i < brace; i++) {
        char c = line.ptr[i];
        if (!is_name_byte(c) && c != ' ' && c != ':') {
            return false;
        }
    }
    p->body = span_after(line, brace);
    return true;
}

/* Puts a part to those before it, or the last one behind them. False when the body can not be read,
 * now or because it was too long. */
static bool join(struct peel *p)
{
    struct envelope *e = p->to;
    struct envelope_parts *parts = &e->parts[p->is_err];
    if (e->is_joined || (!p->is_part && parts->len == 0 && !parts->is_lost)) {
        return true;
    }
    if (parts->is_lost || parts->len + p->body.len > sizeof(parts->text)) {
        parts->is_lost = true;
        parts->len = 0;
    }
    if (!parts->is_lost) {
        memcpy(parts->text + parts->len, p->body.ptr, p->body.len);
        parts->len += p->body.len;
    }
    if (p->is_part) {
        e->is_silent = true;
        return false;
    }
    bool is_whole = !parts->is_lost;
    p->body = (struct span){parts->text, parts->len};
    e->is_joined = true;
    parts->len = 0; /* the text stays until the next line */
    parts->is_lost = false;
    return is_whole;
}

typedef bool (*peel_fn)(struct peel *p, struct span line);

static bool peel_any(struct peel *p, struct span line)
{
    static const peel_fn by_text[] = {peel_cri, peel_syslog,   peel_time,   peel_count, peel_bar,
                                      peel_pod, peel_brackets, peel_logger, peel_mark,  peel_words};
    if (peel_colours(p, line)) {
        return true;
    }
    if (line.ptr[0] == '{') {
        return peel_object(p, line);
    }
    for (size_t i = 0; i < sizeof(by_text) / sizeof(by_text[0]); i++) {
        if (by_text[i](p, line)) {
            return true;
        }
    }
    return false;
}

void envelope_open(struct envelope *e, struct span line)
{
    e->lines[0] = line;
    e->n = 1;
    e->time = (struct span){0};
    e->is_silent = e->is_joined = false;
    e->used = 0;
    while (e->n <= ENVELOPE_DEPTH && line.len) {
        struct peel p = {.to = e};
        if (!peel_any(&p, line) || !join(&p)) {
            return;
        }
        line = e->lines[e->n] = p.body;
        e->is_silent = line.len == 0;
        e->n += line.len > 0;
    }
}

uint64_t envelope_sum(const struct envelope *e)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < ENVELOPE_STREAMS; i++) {
        const struct envelope_parts *p = &e->parts[i];
        if (p->len || p->is_lost) {
            uint64_t hash = span_hash((struct span){p->text, p->is_lost ? 0 : p->len});
            sum = (sum + hash) * 31 + 2 * i + p->is_lost + 1;
        }
    }
    return sum;
}

void envelope_take(struct envelope *e, const struct envelope *from)
{
    for (unsigned i = 0; i < ENVELOPE_STREAMS; i++) {
        e->parts[i].len = from->parts[i].len;
        e->parts[i].is_lost = from->parts[i].is_lost;
        memcpy(e->parts[i].text, from->parts[i].text, from->parts[i].len);
    }
}
