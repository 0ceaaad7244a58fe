#include "event/event.h"

enum {
    METHOD_BYTES = 24, /* the longest registered one is BASELINE-CONTROL */
};

static bool is_method(struct span word)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_')) {
            return false;
        }
    }
    return word.len > 0 && word.len <= METHOD_BYTES && word.ptr[0] != '-';
}

void event_split(struct event *e)
{
    struct span r = e->request;
    size_t blank = span_find(r, ' ');
    if (blank == r.len || !is_method(span_head(r, blank))) {
        return;
    }
    if (e->method.len == 0) {
        e->method = span_head(r, blank);
    }
    if (e->target.len) {
        return;
    }
    r = span_after(r, blank + 1);

    /* The version is the last word, if it is there; what stands before may hold blanks. */
    size_t last = r.len;
    while (last > 0 && r.ptr[last - 1] != ' ') {
        last--;
    }
    bool has_version = last > 0 && span_starts(span_after(r, last), SPAN("HTTP/"));
    e->target = has_version ? span_head(r, last - 1) : r;
}
