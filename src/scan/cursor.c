#include "scan/cursor.h"

static struct span fail(struct cursor *c)
{
    c->failed = true;
    return (struct span){c->at, 0};
}

struct cursor cursor_over(struct span line)
{
    return (struct cursor){.at = line.ptr, .end = line.ptr + line.len};
}

struct span cursor_word(struct cursor *c)
{
    struct span left = {c->at, (size_t)(c->end - c->at)};
    size_t len = span_find(left, ' ');
    if (c->failed || len == 0) {
        return fail(c);
    }
    c->at += len;
    while (c->at < c->end && *c->at == ' ') {
        c->at++;
    }
    return span_head(left, len);
}

struct span cursor_until(struct cursor *c, char stop)
{
    struct span left = {c->at, (size_t)(c->end - c->at)};
    size_t len = span_find(left, stop);
    if (c->failed || len == left.len) {
        return fail(c);
    }
    c->at += len + 1;
    return span_head(left, len);
}

void cursor_byte(struct cursor *c, char byte)
{
    if (c->failed || c->at == c->end || *c->at != byte) {
        fail(c);
        return;
    }
    c->at++;
}

struct span cursor_rest(struct cursor *c)
{
    struct span left = {c->at, (size_t)(c->end - c->at)};
    c->at = c->end;
    return left;
}
