/*
 * Any text as a log whose format has to be found out: it votes, a format is chosen or a layout
 * learned, and all lines are read, in a row and by a clone. What is learned must be a format that
 * can be named.
 */
#include "base/alloc.h"
#include "format/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span next_line(struct span *rest)
{
    size_t end = span_find(*rest, '\n');
    struct span line = span_head(*rest, end);
    *rest = span_after(*rest, end + 1);
    return line;
}

/* How many lines are read; each is copied to a block of just its size. */
static unsigned read_all(struct reader *r, struct span log)
{
    unsigned n = 0;
    while (log.len) {
        struct span line = next_line(&log);
        if (line.len == 0) {
            continue;
        }
        char *copy = alloc_zero(line.len, 1);
        struct event e;
        memcpy(copy, line.ptr, line.len);
        enum parse_result got = reader_parse(r, (struct span){copy, line.len}, &e);
        if (got == PARSE_OK && e.status >= STATUS_SLOTS) {
            abort();
        }
        n += got == PARSE_OK;
        reader_nearest(r, (struct span){copy, line.len});
        free(copy);
    }
    return n;
}

static void check_layout(const char *layout)
{
    struct format format;
    struct problem why = {.file = ""};
    char *spec = alloc_printf("layout:%s", layout);
    if (format_read(&format, span_of(spec), &why)) {
        abort();
    }
    format_done(&format);
    free(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span log = {(const char *)data, size};
    struct format any = {.args = alloc_text(SPAN(""))};
    struct reader *r = reader_new(&any, NULL);
    for (struct span rest = log; rest.len;) {
        struct span line = next_line(&rest);
        if (line.len && reader_vote(r, line)) {
            break;
        }
    }
    reader_decide(r);
    struct reader *clone = reader_clone(r);
    read_all(r, log);
    read_all(clone, log);
    if (reader_layout(r)) {
        check_layout(reader_layout(r));
    }
    reader_free(clone);
    reader_free(r);
    format_done(&any);
    return 0;
}
