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
#include "scan/jsonscan.h"

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

/* What the object itself says it is. Caddy writes these keys first. */
static enum caddy_entry classify_json(struct span line)
{
    struct jsonscan scan;
    struct jsonscan_member m;
    struct span logger = {0}, message = {0};
    bool has_level = false;
    jsonscan_over(&scan, line);
    while (jsonscan_next(&scan, &m)) {
        if (scan.depth > 1 || m.kind == JSONSCAN_OBJECT) {
            continue;
        }
        if (span_is(m.key, "logger")) {
            logger = m.value;
        } else if (span_is(m.key, "msg")) {
            message = m.value;
        } else if (span_is(m.key, "level")) {
            has_level = true;
        }
        if (logger.len && message.len) {
            break;
        }
    }
    return classify(logger, message, has_level);
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

/* The time stands in front of the JSON and not in it, so it is stored afterwards. */
static enum parse_result parse_console(struct keys_state *keys, struct span line, struct event *out)
{
    struct cursor c = cursor_over(line);
    struct span time = cursor_until(&c, '\t');
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
    size_t brace = span_find(rest, '{');
    enum caddy_entry entry = classify(logger, message, true);
    if (entry != CADDY_ACCESS) {
        return entry == CADDY_OTHER ? PARSE_SKIP : PARSE_BAD;
    }
    bool good = keys_read_json(keys, span_after(rest, brace), out);
    field_store(out, FIELD_TIME_ANY, time);
    return good ? PARSE_OK : PARSE_BAD;
}

static enum parse_result parse_caddy(void *state, struct span line, struct event *out)
{
    if (line.len && line.ptr[0] != '{') {
        return parse_console(state, line, out);
    }
    enum caddy_entry entry = classify_json(line);
    if (entry != CADDY_ACCESS) {
        return entry == CADDY_OTHER ? PARSE_SKIP : PARSE_BAD;
    }
    return keys_read_json(state, line, out) ? PARSE_OK : PARSE_BAD;
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
    .parse = parse_caddy,
};
