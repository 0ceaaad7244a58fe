/*
 * JSON lines read in a row against the same lines read one by one: what parse_lines remembers of
 * one line must change nothing in the next. The input is read twice in one go, so that every line
 * meets what all of them left behind. A first byte of '0' to '4' chooses the instructions by which
 * quotes are found.
 */
#include "base/alloc.h"
#include "tests/lines_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct parser parser_json, parser_caddy;

static void compare(const struct parser *p, struct span text)
{
    struct lines_same *s = alloc_zero(1, sizeof(*s));
    lines_same_open(s, p, SPAN(""));
    if (!lines_same_text(s, text)) {
        fprintf(stderr, "%s\n", s->why);
        abort();
    }
    lines_same_close(s);
    free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    unsigned level = (unsigned)data[0] - '0';
    if (level < MARKS_LEVELS) {
        setenv("TEAPOTD_SIMD", marks_level_name((enum marks_level)level), 1);
        data++;
        size--;
    }
    size_t once = size + 1; /* a newline behind it */
    size_t all = 2 * once + LINES_SLACK;
    char *text = alloc_zero(all, 1);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(text + i * once, data, size);
        text[i * once + size] = '\n';
    }
    compare(&parser_json, (struct span){text, all});
    compare(&parser_caddy, (struct span){text, all});
    free(text);
    return 0;
}
