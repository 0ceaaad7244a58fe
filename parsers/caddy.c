/*
 * Caddy's log: JSON lines (encoder "json"), or encoder "console", whose last field behind a tab is
 * JSON:
 *
 *     {"level":"info","ts":1795365821.98,"logger":"http.log.access.log0","msg":"handled request",
 *      "request":{"remote_ip":"…","method":"GET","host":"shop.example","uri":"/tea"},
 *      "duration":0.0059,"size":170,"status":200}
 *     2026-11-22T16:47:39.9Z TAB INFO TAB http.log.access.log2 TAB handled request TAB {"request":
 * {…
 *
 * Only access entries are requests: an http.log.error entry carries the status of the same request
 * a second time, and everything else in a default log is no request at all.
 */
#include "parsers/lang/keys.h"
#include "parsers/parser.h"
#include "scan/cursor.h"

enum caddy_entry {
    CADDY_ACCESS,
    CADDY_OTHER,   /* Caddy's, but no request */
    CADDY_FOREIGN, /* not Caddy's */
};

/* Loggers can be renamed, but the message of an access entry stays. */
static enum caddy_entry classify(struct span logger, struct span message, bool has_level)
{
    if (span_starts(logger, SPAN("http.log.access")) || span_is(message, "handled request")) {
        return CADDY_ACCESS;
    }
    return logger.len || (has_level && message.len) ? CADDY_OTHER : CADDY_FOREIGN;
}

/* What an entry says it is. */
static const struct keys_notes what = {.names = {"logger", "msg", "level"}};

/* Reads an object that says itself what it is. */
static enum parse_result read_entry(struct keys_state *keys, struct jsonscan *scan,
                                    struct event *out)
{
    struct keys_notes notes = what;
    bool good = keys_read(keys, scan, &notes, out);
    switch (classify(notes.values[0], notes.values[1], notes.values[2].ptr != NULL)) {
    case CADDY_ACCESS: return good ? PARSE_OK : PARSE_BAD;
    case CADDY_OTHER: return PARSE_SKIP;
    case CADDY_FOREIGN: break;
    }
    return PARSE_BAD;
}

/* The level may be wrapped in colours: "ESC[34mINFO ESC[0m". */
static bool is_level(struct span word)
{
    static const char *const levels[] = {"INFO", "ERROR", "WARN", "DEBUG",
                                         "info", "error", "warn", "debug"};
    size_t m = word.len && word.ptr[0] == '\x1b' ? span_find(word, 'm') + 1 : 0;
    struct span level = span_after(word, m);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (span_starts(level, span_of(levels[i]))) {
            return true;
        }
    }
    return false;
}

/* What stands in front of the JSON. */
struct prefix {
    struct span time;
    size_t len; /* up to the brace; the line's when there is none */
};

static enum parse_result read_prefix(struct span line, struct prefix *out)
{
    struct cursor c = cursor_over(line);
    out->time = cursor_until(&c, '\t');
    struct span level = cursor_until(&c, '\t');
    if (!is_level(level)) {
        return PARSE_BAD;
    }
    struct span logger = cursor_until(&c, '\t');
    struct span message = cursor_until(&c, '\t');
    struct span rest = cursor_rest(&c);
    if (c.failed) {
        return PARSE_SKIP; /* a message without fields, or without a logger, has fewer tabs */
    }
    out->len = line.len - rest.len + span_find(rest, '{');
    enum caddy_entry entry = classify(logger, message, true);
    return entry == CADDY_ACCESS ? PARSE_OK : entry == CADDY_OTHER ? PARSE_SKIP : PARSE_BAD;
}

/* The time is in front of the JSON and not in it, so it is stored afterwards. */
static enum parse_result read_console(struct keys_state *keys, struct jsonscan *scan,
                                      const struct prefix *prefix, struct event *out)
{
    struct keys_notes ignored = what; /* it was said in front */
    bool good = keys_read(keys, scan, &ignored, out);
    field_store(out, FIELD_TIME_ANY, prefix->time);
    return good ? PARSE_OK : PARSE_BAD;
}

static enum parse_result parse_caddy(void *state, struct span line, struct event *out)
{
    struct jsonscan scan;
    struct prefix prefix;
    keys_begin(state, true);
    if (line.len == 0 || line.ptr[0] == '{') {
        jsonscan_over(&scan, line);
        return read_entry(state, &scan, out);
    }
    enum parse_result got = read_prefix(line, &prefix);
    if (got != PARSE_OK) {
        return got;
    }
    jsonscan_over(&scan, span_after(line, prefix.len));
    return read_console(state, &scan, &prefix, out);
}

static enum parse_result read_among(struct keys_state *keys, struct lines *lines,
                                    struct jsonscan *scan, struct event *out)
{
    struct prefix prefix;
    jsonscan_among(scan, lines, lines->at);
    if (*lines->at == '{') {
        return read_entry(keys, scan, out);
    }
    struct span line = {lines->at, (size_t)(scan->end - lines->at)};
    enum parse_result got = read_prefix(line, &prefix);
    if (got != PARSE_OK) {
        return got;
    }
    jsonscan_among(scan, lines, lines->at + prefix.len);
    return read_console(keys, scan, &prefix, out);
}

/* The line at lines->at among others; false, and nothing moves, when it is not as usual. */
static bool parse_next(struct keys_state *keys, struct lines *lines, struct event *out)
{
    struct jsonscan scan;
    event_clear(out);
    if (*lines->at == '\0' || read_among(keys, lines, &scan, out) != PARSE_OK || out->is_partial) {
        return false;
    }
    out->line = jsonscan_leave(&scan, lines);
    return true;
}

static size_t parse_caddy_lines(void *state, struct lines *lines, struct event *out, size_t max)
{
    size_t n = 0;
    while (n < max && lines->at < lines->end && keys_begin(state, n == 0) &&
           parse_next(state, lines, &out[n])) {
        keys_same_time(&out[n], n ? &out[n - 1] : NULL);
        n++;
    }
    return n;
}

const struct parser parser_caddy = {
    .name = "caddy",
    .summary = "Caddy's access log, encoder json or console",
    .sample =
        "{\"level\":\"error\",\"ts\":1795365821.9881327,\"logger\":\"http.log.access.log0\",\"msg\":\"handled "
        "request\",\"request\":{\"remote_ip\":\"127.0.0.1\",\"proto\":\"HTTP/1.1\",\"method\":\"GET\",\"host\":"
        "\"shop.example\",\"uri\":\"/tea\"},\"duration\":0.005980897,\"size\":170,\"status\":502}",
    .server = SERVER_CADDY,
    .weight = 8,
    .state_size = sizeof(struct keys_state),
    .drop = keys_drop,
    .parse = parse_caddy,
    .marks = keys_marks,
    .parse_lines = parse_caddy_lines,
};
