/*
 * The hot path is one memchr a line over at most FRAMER_LINE_BYTES. Because a limit that is reached
 * cuts at once and nothing else ends a line but 0x0A, the lines are the same however the input was
 * cut.
 */
#include "input/framer.h"

/* Goes behind the end of the long line. False when that is not there yet. */
static bool skip_rest(struct framer *f, struct span *rest, bool final)
{
    if (rest->len && rest->ptr[0] != '\n' && !f->cut) {
        /* Only now it is known that something is lost: a line of just the limit is whole. */
        f->cut = true;
        f->long_lines++;
    }
    size_t end = span_find(*rest, '\n');
    bool is_there = end < rest->len;
    if (rest->len) { /* else its pointer may be NULL, with which nothing may be counted */
        *rest = span_after(*rest, is_there ? end + 1 : rest->len);
    }
    if (is_there || final) {
        f->skipping = false;
        f->cut = false;
    }
    return is_there;
}

static void strip_nuls(struct framer *f, struct span *rest)
{
    size_t n = 0;
    while (n < rest->len && rest->ptr[n] == '\0') {
        n++;
    }
    f->nul_bytes += n;
    *rest = span_after(*rest, n);
}

static struct span without_cr(struct span line)
{
    line.len -= line.len && line.ptr[line.len - 1] == '\r';
    return line;
}

bool framer_next(struct framer *f, struct span *rest, struct span *line, bool final)
{
    if (f->skipping && !skip_rest(f, rest, final)) {
        return false;
    }
    /* After a crash, or behind a writer that does not append, a file holds runs of NULs. They are
     * used up as they come, so a run of any length needs no buffer. */
    if (rest->len && rest->ptr[0] == '\0') {
        strip_nuls(f, rest);
    }
    struct span head = span_head(*rest, FRAMER_LINE_BYTES);
    size_t end = span_find(head, '\n');
    if (end < head.len) {
        *line = without_cr(span_head(head, end));
        *rest = span_after(*rest, end + 1);
        return true;
    }
    if (head.len == FRAMER_LINE_BYTES) {
        *line = head;
        *rest = span_after(*rest, head.len);
        f->skipping = true;
        return true;
    }
    if (final && head.len) {
        *line = without_cr(head);
        *rest = span_after(*rest, head.len);
        return true;
    }
    return false;
}

size_t framer_cut(const struct framer *f, struct span bytes, struct framer *next)
{
    size_t at = bytes.len;
    while (at > 0 && bytes.ptr[at - 1] != '\n') {
        at--;
    }
    if (at == 0 && f->skipping) {
        *next = (struct framer){.skipping = true, .cut = f->cut || bytes.len > 0};
        return bytes.len;
    }
    while (at < bytes.len && bytes.ptr[at] == '\0') {
        at++;
    }
    size_t left = bytes.len - at;
    bool is_long = left >= FRAMER_LINE_BYTES;
    *next = (struct framer){.skipping = is_long, .cut = left > FRAMER_LINE_BYTES};
    return is_long ? bytes.len : at;
}
