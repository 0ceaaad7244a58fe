/*
 * Rails' own log. Of the lines of a request the one that ends it counts; the others are passed
 * over, so path and client are not known. In front there may be what a logger or tags put there:
 *
 *     Completed 404 Not Found in 12ms (Views: 5.1ms | ActiveRecord: 0.8ms)
 *     I, [2026-11-22T16:43:42.123456 #71]  INFO -- : [f2a0…] Completed 200 OK in 4ms
 */
#include "event/field.h"
#include "parsers/parser.h"
#include "scan/cursor.h"

#include <string.h>

static const char *const beginnings[] = {"Completed ",     "Started ",      "Processing ",
                                         "  Parameters: ", "  Rendered ",   "  Rendering ",
                                         "Redirected ",    "Filter chain ", "Sent "};

enum {
    COMPLETED,
    BEGINNINGS = sizeof(beginnings) / sizeof(beginnings[0]),
};

/* Behind the logger's head ("… -- : ") and tags in brackets. */
static struct span message_of(struct span line, struct event *out)
{
    if (line.len > 40 && line.ptr[1] == ',' && line.ptr[2] == ' ' && line.ptr[3] == '[') {
        struct span rest = span_after(line, 4);
        field_store(out, FIELD_TIME_ISO, span_head(rest, span_find(rest, ' ')));
        while (rest.len && !span_starts(rest, SPAN(" -- : "))) {
            rest = span_after(rest, 1);
        }
        line = span_after(rest, 6);
    }
    while (line.len && line.ptr[0] == '[') {
        size_t close = span_find(line, ']');
        if (close + 1 >= line.len || line.ptr[close + 1] != ' ') {
            break;
        }
        line = span_after(line, close + 2);
    }
    return line;
}

/* "404 Not Found in 12ms", then the end or more in parentheses. */
static enum parse_result read_completed(struct span text, struct event *out)
{
    struct span status = span_head(text, span_find(text, ' '));
    struct span rest = span_after(text, status.len + 1);
    if (status.len != 3 || rest.len == 0 || rest.ptr[0] < 'A' || rest.ptr[0] > 'Z') {
        return PARSE_BAD;
    }
    while (rest.len && !span_starts(rest, SPAN(" in "))) {
        rest = span_after(rest, 1);
    }
    rest = span_after(rest, 4);
    struct span duration = span_head(rest, span_find(rest, ' '));
    struct span behind = span_after(rest, duration.len);
    if (!span_ends(duration, SPAN("ms")) || (behind.len && !span_starts(behind, SPAN(" (")))) {
        return PARSE_BAD;
    }
    field_store(out, FIELD_STATUS, status);
    field_store(out, FIELD_DURATION_TEXT, duration);
    return out->status != STATUS_NONE && out->duration_ns >= 0 ? PARSE_OK : PARSE_BAD;
}

static enum parse_result parse_rails(void *state, struct span line, struct event *out)
{
    (void)state;
    struct span message = message_of(line, out);
    size_t i = 0;
    while (i < BEGINNINGS && !span_starts(message, span_of(beginnings[i]))) {
        i++;
    }
    if (i == COMPLETED) {
        return read_completed(span_after(message, strlen(beginnings[i])), out);
    }
    return i < BEGINNINGS ? PARSE_SKIP : PARSE_BAD;
}

const struct parser parser_rails = {
    .name = "rails",
    .summary = "Rails (Ruby), its own log",
    .sample = "Completed 404 Not Found in 12ms (Views: 5.1ms | ActiveRecord: 0.8ms)",
    .weight = 8,
    .parse = parse_rails,
};
