/*
 * Writes lines of logs that it was given, most of them damaged: bytes changed, left out, put in or
 * doubled, lines cut or joined. The same seed and files give the same bytes. tests/e2e/test_same.py
 * and bench/same hold the program's ways of reading against each other with it.
 *
 *     mutate LINES SEED FILE... > LOG
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_BYTES = 400000, /* of each file: a large one is not to outweigh the others */
    LONG_LINE = 70000,   /* longer than the program looks at */
};

struct text {
    char *bytes;
    size_t len, cap;
};

struct lines {
    struct text all;
    size_t *starts; /* of each line, and behind the last */
    size_t n, cap;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void *grown(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (!p) {
        fputs("mutate: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

static void add_line(struct lines *l, const char *bytes, size_t len)
{
    while (l->all.len + len > l->all.cap) {
        l->all.cap = l->all.cap ? 2 * l->all.cap : 1 << 20;
        l->all.bytes = grown(l->all.bytes, l->all.cap);
    }
    if (l->n + 2 > l->cap) {
        l->cap = l->cap ? 2 * l->cap : 1 << 14;
        l->starts = grown(l->starts, l->cap * sizeof(l->starts[0]));
    }
    memcpy(l->all.bytes + l->all.len, bytes, len);
    l->starts[l->n++] = l->all.len;
    l->all.len += len;
    l->starts[l->n] = l->all.len;
}

static bool add_file(struct lines *l, const char *path)
{
    FILE *in = fopen(path, "rb");
    char *bytes = grown(NULL, FILE_BYTES);
    if (!in) {
        perror(path);
        free(bytes);
        return false;
    }
    size_t len = fread(bytes, 1, FILE_BYTES, in);
    for (size_t at = 0; at < len;) {
        const char *end = memchr(bytes + at, '\n', len - at);
        size_t n = end ? (size_t)(end - (bytes + at)) : len - at;
        add_line(l, bytes + at, n);
        at += n + 1;
    }
    fclose(in);
    free(bytes);
    return true;
}

static void put(const char *bytes, size_t len)
{
    fwrite(bytes, 1, len, stdout);
}

static void put_odd(uint64_t random)
{
    static const char odd[] = "\"\\ [],:-/+.\r\t0123456789aZ{}=<>\x80\xff";
    putchar(odd[random % (sizeof(odd) - 1)]);
}

/* One byte of a line, which is `len` long; about two of them are not as they were. */
static void put_byte(char byte, size_t len, uint64_t random)
{
    switch (random % (len + 8)) {
    case 0: break;
    case 1: put_odd(random >> 32); break;
    case 2:
        put_odd(random >> 32);
        putchar(byte);
        break;
    case 3:
        putchar(byte);
        putchar(byte);
        break;
    default: putchar(byte); break;
    }
}

static void put_damaged(const char *line, size_t len, uint64_t *state)
{
    uint64_t kind = random_next(state) % 4000;
    size_t most = kind % 16 == 0 && len ? random_next(state) % len : len;
    if (kind == 1) {
        for (size_t i = 0; i < LONG_LINE; i++) {
            putchar('x');
        }
    } else if (kind == 2) {
        static const char zeros[300];
        put(zeros, sizeof(zeros));
    }
    for (size_t i = 0; i < most; i++) {
        put_byte(line[i], len, random_next(state));
    }
    if (kind % 16 == 3) {
        putchar('\r');
    }
    if (kind % 64 != 5) {
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    struct lines l = {0};
    if (argc < 4) {
        fputs("mutate LINES SEED FILE... > LOG\n", stderr);
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        if (!add_file(&l, argv[i])) {
            return 1;
        }
    }
    if (l.n == 0) {
        fputs("mutate: there are no lines\n", stderr);
        return 1;
    }
    uint64_t state = strtoull(argv[2], NULL, 10), left = strtoull(argv[1], NULL, 10);
    size_t at = 0;
    for (; left > 0; left--) {
        /* Lines of one file come in rows, as in a log that mixes formats now and then. */
        uint64_t random = random_next(&state);
        at = random % 200 == 0 ? (random >> 16) % l.n : (at + 1) % l.n;
        const char *line = l.all.bytes + l.starts[at];
        size_t len = l.starts[at + 1] - l.starts[at];
        if (random >> 40 & 1) {
            put_damaged(line, len, &state);
        } else {
            put(line, len);
            putchar('\n');
        }
    }
    free(l.all.bytes);
    free(l.starts);
    return fflush(stdout) != 0;
}
