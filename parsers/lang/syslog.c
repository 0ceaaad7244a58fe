#include "parsers/lang/syslog.h"

#include "scan/cursor.h"

/* "<134>" at the front of `line`: takes it off. Three digits at most (RFC 5424, 6.2.1). */
static bool take_priority(struct span *line)
{
    size_t i = 1;
    if (line->len < 3 || line->ptr[0] != '<') {
        return false;
    }
    while (i < line->len && i < 5 && line->ptr[i] >= '0' && line->ptr[i] <= '9') {
        i++;
    }
    if (i == 1 || i > 4 || i == line->len || line->ptr[i] != '>') {
        return false;
    }
    *line = span_after(*line, i + 1);
    return true;
}

/* Structured data: "-", or elements in brackets whose values may hold protected quotes and
 * brackets. */
static bool take_structured_data(struct cursor *c)
{
    if (c->at < c->end && *c->at == '-') {
        return cursor_word(c).len == 1;
    }
    while (c->at < c->end && *c->at == '[') {
        bool quoted = false;
        for (c->at++; c->at < c->end && (quoted || *c->at != ']'); c->at++) {
            if (*c->at == '\\' && c->at + 1 < c->end) {
                c->at++;
            } else if (*c->at == '"') {
                quoted = !quoted;
            }
        }
        if (c->at == c->end) {
            return false;
        }
        c->at++;
    }
    if (c->at < c->end && *c->at == ' ') {
        c->at++;
    }
    return true;
}

static bool peel_5424(struct span line, struct span *body, struct syslog_header *h)
{
    struct cursor c = cursor_over(line);
    cursor_word(&c); /* the version, "1" */
    h->time = cursor_word(&c);
    h->time_kind = LOGTIME_ISO;
    cursor_word(&c); /* host */
    h->tag = cursor_word(&c);
    cursor_word(&c); /* process */
    cursor_word(&c); /* message */
    if (c.failed || !take_structured_data(&c)) {
        return false;
    }
    *body = cursor_rest(&c);
    if (span_starts(*body, SPAN("\xef\xbb\xbf"))) { /* MSG may begin with a byte order mark */
        *body = span_after(*body, 3);
    }
    return true;
}

static bool is_traditional_time(struct span line)
{
    return line.len > 16 && line.ptr[3] == ' ' && line.ptr[6] == ' ' && line.ptr[9] == ':' &&
           line.ptr[12] == ':' && line.ptr[15] == ' ' && line.ptr[0] >= 'A' && line.ptr[0] <= 'Z';
}

static bool is_iso_time(struct span line)
{
    return line.len > 20 && line.ptr[4] == '-' && line.ptr[7] == '-' && line.ptr[10] == 'T' &&
           line.ptr[13] == ':' && line.ptr[16] == ':';
}

/* "tag:" or "tag[pid]:" */
static bool is_tag(struct span word)
{
    return word.len > 1 && word.ptr[word.len - 1] == ':';
}

/* What follows the time: a host unless it is left out, then the tag with its colon. */
static bool take_tag(struct cursor *c, struct syslog_header *h)
{
    struct span word = cursor_word(c);
    if (!is_tag(word)) {
        word = cursor_word(c);
    }
    if (c->failed || !is_tag(word)) {
        return false;
    }
    size_t bracket = span_find(word, '[');
    h->tag = span_head(word, bracket < word.len - 1 ? bracket : word.len - 1);
    return true;
}

bool syslog_peel(struct span line, struct span *body, struct syslog_header *header)
{
    struct syslog_header h = {.time_kind = LOGTIME_RFC3164};
    bool has_priority = take_priority(&line);
    if (has_priority && span_starts(line, SPAN("1 "))) {
        if (!peel_5424(line, body, &h)) {
            return false;
        }
        *header = h;
        return true;
    }
    struct cursor c = cursor_over(line);
    if (is_traditional_time(line)) {
        h.time = span_head(line, 15);
        c.at += 16;
    } else if (is_iso_time(line)) {
        h.time = cursor_word(&c);
        h.time_kind = LOGTIME_ISO;
    } else {
        return false;
    }
    if (!take_tag(&c, &h)) {
        return false;
    }
    *body = cursor_rest(&c);
    *header = h;
    return true;
}
