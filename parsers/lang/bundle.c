#include "parsers/lang/bundle.h"

/* Takes `token` off the front, and blanks before it; false when it is not there. */
static bool take(struct span *rest, struct span token)
{
    while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) {
        *rest = span_after(*rest, 1);
    }
    if (!span_equal_nocase(span_head(*rest, token.len), token)) {
        return false;
    }
    *rest = span_after(*rest, token.len);
    return true;
}

bool bundle_open(struct span line, struct span *records)
{
    if (line.len == 0 || line.ptr[0] != '{' || !take(&line, SPAN("{")) ||
        !take(&line, SPAN("\"records\"")) || !take(&line, SPAN(":")) || !take(&line, SPAN("["))) {
        return false;
    }
    *records = line;
    return true;
}

/* Where the value at the front ends: at a comma or a bracket that is in no string, list or object
 * of its own. */
static size_t value_end(struct span s)
{
    unsigned depth = 0;
    bool is_string = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (is_string) {
            i += c == '\\';
            is_string = c != '"';
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return i;
        } else {
            is_string = c == '"';
            depth += c == '{' || c == '[';
            depth -= depth > 0 && (c == '}' || c == ']');
        }
    }
    return s.len;
}

bool bundle_next(struct span *records, struct span *record)
{
    size_t n = value_end(*records);
    bool is_last = n == records->len || records->ptr[n] == ']';
    *record = span_trim(span_head(*records, n));
    *records = is_last ? (struct span){0} : span_after(*records, n + 1);
    return record->len || !is_last;
}
