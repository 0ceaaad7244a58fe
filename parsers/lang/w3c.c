#define _GNU_SOURCE /* memmem */

#include "parsers/lang/w3c.h"

#include "event/field.h"

#include <errno.h>

static const struct {
    const char *name;
    enum field field;
} columns[] = {
    {"sc-status", FIELD_STATUS},
    {"c-status", FIELD_STATUS}, /* SHOUTcast */
    {"cs-method", FIELD_METHOD},
    {"cs-uri-stem", FIELD_TARGET},
    {"cs-uri", FIELD_TARGET},
    {"cs-host", FIELD_HOST},
    {"cs(host)", FIELD_HOST},
    {"x-host-header", FIELD_HOST},
    {"c-ip", FIELD_CLIENT},
    {"sc-bytes", FIELD_BYTES},
    {"bytes", FIELD_BYTES},
    {"time-taken", FIELD_DURATION_TEXT},
    {"sc-substatus", FIELD_SUBSTATUS},
    {"sc-win32-status", FIELD_FLAG},
    {"s-reason", FIELD_FLAG}, /* httperr */
    {"x-edge-detailed-result-type", FIELD_FLAG},
    {"x-edge-result-type", FIELD_FLAG_MORE},
};

static enum field column_field(struct span name, bool is_iis)
{
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (span_equal_nocase(name, span_of(columns[i].name))) {
            bool in_ms = is_iis && columns[i].field == FIELD_DURATION_TEXT;
            return in_ms ? FIELD_DURATION_MS : columns[i].field;
        }
    }
    return FIELD_SKIP;
}

/* Takes the next column off `line`. Quoted values have doubled quotes inside (Tomcat); a lone quote
 * at the start of a word that never ends is part of the word. */
static struct span take_column(struct span *line, char separator)
{
    struct span word;
    if (separator == ' ' && line->len && line->ptr[0] == '"') {
        size_t i = 1;
        while (i < line->len &&
               !(line->ptr[i] == '"' && (i + 1 == line->len || line->ptr[i + 1] == separator))) {
            i += line->ptr[i] == '"' && i + 1 < line->len && line->ptr[i + 1] == '"' ? 2 : 1;
        }
        if (i < line->len) {
            word = (struct span){line->ptr + 1, i - 1};
            *line = span_after(*line, i + 2);
            return word;
        }
    }
    size_t n = span_find(*line, separator);
    word = span_head(*line, n);
    *line = span_after(*line, n + 1);
    return word;
}

static void find_status(struct w3c_state *s)
{
    unsigned n = 0;
    for (uint8_t i = 0; i < s->n_columns; i++) {
        if (s->fields[i] == FIELD_STATUS) {
            s->status_at = i;
            n++;
        }
    }
    s->status_at = n == 1 && !s->is_padded ? s->status_at : W3C_COLUMNS;
}

/* What is not used is zero, so that equal memories have equal bytes. */
static void forget_fields(struct w3c_state *s)
{
    memset(s->fields, 0, sizeof(s->fields));
    s->n_columns = 0;
    s->date_at = s->time_at = s->status_at = W3C_COLUMNS;
}

/* Columns of IIS (Microsoft, "W3C Extended Log File Format (IIS 6.0)") and of HTTP.sys's httperr.
 */
static bool is_microsoft_column(struct span name)
{
    static const char *const names[] = {"sc-substatus", "sc-win32-status", "s-sitename",
                                        "s-siteid",     "s-reason",        "s-queuename"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_equal_nocase(name, span_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool has_microsoft_column(struct span names)
{
    while (names.len) {
        if (is_microsoft_column(take_column(&names, ' '))) {
            return true;
        }
    }
    return false;
}

static void read_fields(struct w3c_state *s, struct span names)
{
    forget_fields(s);
    names = span_trim(names);
    if (has_microsoft_column(names)) {
        s->is_iis = s->is_microsoft = true;
    }
    bool has_tabs = span_find(names, '\t') < names.len;
    s->is_padded = !has_tabs && memmem(names.ptr, names.len, "  ", 2);
    while (names.len && s->n_columns < W3C_COLUMNS) {
        struct span name = take_column(&names, has_tabs ? '\t' : ' ');
        names = span_trim(names);
        if (span_is(name, "date")) {
            s->date_at = s->n_columns;
        } else if (span_is(name, "time")) {
            s->time_at = s->n_columns;
        }
        enum field field = column_field(name, s->is_iis);
        bool is_wanted = !(s->dropped & 1u << field);
        s->fields[s->n_columns++] = (uint8_t)(is_wanted ? field : FIELD_SKIP);
    }
    if (s->date_at < W3C_COLUMNS) { /* then that of the directive is not used */
        memset(s->date, 0, sizeof(s->date));
    }
    find_status(s);
}

static void read_directive(struct w3c_state *s, struct span line)
{
    if (span_starts(line, SPAN("#Fields:"))) {
        read_fields(s, span_after(line, 8));
    } else if (span_starts(line, SPAN("#Software:"))) {
        s->is_iis = s->is_microsoft = memmem(line.ptr, line.len, "Microsoft", 9) != NULL;
    } else if (span_starts(line, SPAN("#Date:"))) {
        struct span date = span_head(span_trim(span_after(line, 6)), 10);
        memset(s->date, 0, sizeof(s->date));
        memcpy(s->date, date.ptr, date.len);
    }
}

/* Date and time stand in two columns (or the date in a directive): together they are one stamp,
 * UTC. */
static void store_stamp(struct w3c_state *s, struct event *out, struct span date, struct span time)
{
    struct span d = date.len ? date : span_of(s->date);
    if (d.len != 10 || time.len < 8 || time.len > 20) {
        return;
    }
    char *stamp = s->stamps[0];
    memcpy(stamp, d.ptr, 10);
    stamp[10] = ' ';
    memcpy(stamp + 11, time.ptr, time.len);
    field_store(out, FIELD_TIME_ISO_UTC, (struct span){stamp, 11 + time.len});
}

/* Does a line that should go on end in the middle of its status? 50 may have been 502. */
static bool is_cut(struct span status, const char *end, bool goes_on)
{
    return goes_on && status.len < 3 && status.ptr + status.len == end;
}

/* How the values of a line are divided. */
struct division {
    char separator;
    bool by_runs; /* by any number of them */
};

static enum parse_result read_line(struct w3c_state *s, struct span line, struct division by,
                                   struct event *out)
{
    struct span date = {0}, time = {0};
    const char *end = line.ptr + line.len;
    unsigned at = 0;
    for (; at < s->n_columns && line.len; at++) {
        struct span value = take_column(&line, by.separator);
        line = by.by_runs ? span_trim(line) : line;
        if (at == s->date_at) {
            date = value;
        } else if (at == s->time_at) {
            time = value;
        } else if (s->fields[at] != FIELD_SKIP) {
            field_store(out, (enum field)s->fields[at], value);
        }
        if (s->fields[at] == FIELD_STATUS && is_cut(value, end, at + 1U < s->n_columns)) {
            return PARSE_BAD;
        }
    }
    store_stamp(s, out, date, time);
    bool fits = at + 1 >= s->n_columns && span_trim(line).len == 0;
    out->is_partial = !fits;
    return out->status != STATUS_NONE && (fits || (s->is_padded && line.len == 0)) ? PARSE_OK
                                                                                   : PARSE_BAD;
}

/* A value may begin with a blank, as a user of IIS can: then a line has too many values, or, when
 * it is cut as well, something else in the place of its status. Lines of padded logs may lack their
 * last values. */
enum parse_result w3c_parse(void *state, struct span line, struct event *out)
{
    struct w3c_state *s = state;
    if (line.len && line.ptr[0] == '#') {
        read_directive(s, line);
        return PARSE_SKIP;
    }
    if (s->n_columns == 0) {
        return PARSE_BAD;
    }
    /* CloudFront names its fields with blanks between but divides values by tabs. A tab further on
     * may be part of a value, and so may a blank. */
    size_t tab = span_find(line, '\t');
    bool has_tabs = tab < span_find(line, ' ');
    struct division by = {has_tabs ? '\t' : ' ', s->is_padded};
    enum parse_result got = read_line(s, line, by, out);
    bool is_sure = got == PARSE_OK && out->status < STATUS_DASH;
    if (is_sure || has_tabs || s->is_padded || !memmem(line.ptr, line.len, "  ", 2)) {
        return got;
    }
    by.by_runs = true;
    event_clear(out);
    return read_line(s, line, by, out);
}

int w3c_open(void *state, struct span args, struct problem *why)
{
    struct w3c_state *s = state;
    static const char bytes[] = {'\n', ' ', '\t', '"'};
    marks_set_init(&s->marks, bytes, sizeof(bytes), false);
    forget_fields(s);
    if (args.len == 0) {
        return 0;
    }
    read_fields(s, args);
    if (!memchr(s->fields, FIELD_STATUS, s->n_columns)) {
        problem_set(why, "no field of \"%.*s\" is sc-status", (int)args.len, args.ptr);
        return -EINVAL;
    }
    return 0;
}

void w3c_drop(void *state, int field)
{
    struct w3c_state *s = state;
    s->dropped |= 1u << field;
    for (unsigned i = 0; i < s->n_columns; i++) {
        if (s->fields[i] == field) {
            s->fields[i] = FIELD_SKIP;
        }
    }
    find_status(s);
}

bool w3c_is_microsoft(const void *state)
{
    return ((const struct w3c_state *)state)->is_microsoft;
}
