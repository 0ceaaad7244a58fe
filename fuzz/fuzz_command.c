/*
 * Feeds any bytes to the stats socket's command line, to a query and to an Accept header
 * (libFuzzer: clang -fsanitize=fuzzer,address,undefined). What it holds them to: a reason is
 * printable ASCII, and arguments lie inside what was read.
 */
#include "base/alloc.h"
#include "serve/command.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reason(const struct buf *why)
{
    for (size_t i = 0; i < why->len; i++) {
        if (why->data[i] < 0x20 || why->data[i] > 0x7e) {
            abort();
        }
    }
}

static void try_line(struct span line)
{
    struct buf why = {0};
    struct serve_request request = {0};
    enum command_result result = command_line(line, &request, &why);
    if ((result == COMMAND_UNKNOWN || result == COMMAND_BAD) != (why.len > 0)) {
        abort();
    }
    if (result == COMMAND_ASK && request.args.len &&
        (request.args.ptr < line.ptr ||
         request.args.ptr + request.args.len > line.ptr + line.len)) {
        abort();
    }
    check_reason(&why);
    buf_done(&why);
}

/* The first line is a path, the others are the members of the query. */
static void try_path(const char *text)
{
    const char *parts[6] = {NULL};
    char *copy = alloc_text(span_of(text)), *rest = copy;
    for (size_t i = 0; i < 6 && rest; i++) {
        parts[i] = rest;
        rest = strchr(rest, '\n');
        if (rest) {
            *rest++ = '\0';
        }
    }
    const struct command_query query = {
        .last = parts[1], .code = parts[2], .format = parts[3], .by = parts[4], .n = parts[5]};
    char args[COMMAND_ARGS_BYTES];
    struct buf why = {0};
    struct serve_request request = {0};
    command_path(span_of(parts[0]), &query, args, &request, &why);
    check_reason(&why);
    buf_done(&why);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = alloc_text((struct span){(const char *)data, size});
    try_line((struct span){text, size});
    try_path(text);
    command_prefers_openmetrics((struct span){text, size});
    free(text);
    return 0;
}
