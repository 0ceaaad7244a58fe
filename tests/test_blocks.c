#include "base/alloc.h"
#include "base/buf.h"
#include "input/blocks.h"
#include "tests/odd_logs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <zlib.h>

static char folder[] = "/tmp/test_blocks.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static char *write_gzip(struct span bytes)
{
    char *path = alloc_printf("%s/log.gz", folder);
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    assert_int_equal(bytes.len ? gzwrite(file, bytes.ptr, (unsigned)bytes.len) : 0, bytes.len);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

/* The lines that a framer makes of bytes, and what it counts. */
static void add_lines(struct buf *out, struct framer *f, struct span bytes, bool final)
{
    struct span line;
    while (framer_next(f, &bytes, &line, final)) {
        buf_printf(out, "%zu:", line.len);
        buf_add(out, line);
    }
    assert_int_equal(bytes.len, 0); /* blocks have whole lines only */
}

static int add_block_lines(struct buf *out, const struct block *block, uint64_t *long_lines)
{
    struct framer f = block->framer;
    add_lines(out, &f, (struct span){block->bytes, block->len}, block->is_last);
    *long_lines += f.long_lines;
    return block->is_last;
}

static void check(struct span log, size_t grid)
{
    struct problem why = {0};
    struct buf want = {0}, got = {0};
    struct framer f = {0};
    struct block block = {0};
    uint64_t long_lines = 0;
    add_lines(&want, &f, log, true);
    char *path = write_gzip(log);
    struct file *file = file_open(path, &why);
    struct blocks *blocks = blocks_new(file, grid);
    do {
        block.len = 0;
        assert_int_equal(blocks_add(blocks, &block, &why), 0);
        assert_true(block.cap <= 2 * grid + 2 * FRAMER_LINE_BYTES);
    } while (!add_block_lines(&got, &block, &long_lines));
    assert_true(span_equal(buf_span(&got), buf_span(&want)));
    assert_int_equal(long_lines, f.long_lines);
    blocks_release(&block);
    blocks_free(blocks);
    file_close(file);
    unlink(path);
    free(path);
    buf_done(&want);
    buf_done(&got);
}

static void blocks_have_the_lines_of_the_whole(void **state)
{
    (void)state;
    static const size_t grids[] = {100, 4096, 65535, 65536, 65537, 300000};
    for (enum odd_log kind = ODD_EMPTY; kind < ODD_LOGS; kind++) {
        struct buf log = odd_make(kind, 1);
        for (size_t i = 0; i < sizeof(grids) / sizeof(grids[0]); i++) {
            check(buf_span(&log), grids[i]);
        }
        buf_done(&log);
    }
}

static void blocks_may_be_put_together(void **state)
{
    (void)state;
    struct problem why = {0};
    struct buf log = odd_make(ODD_PLAIN, 1), got = {0}, want = {0};
    struct framer f = {0};
    struct block block = {0};
    char *path = write_gzip(buf_span(&log));
    struct file *file = file_open(path, &why);
    struct blocks *blocks = blocks_new(file, 1000);
    do {
        blocks_add(blocks, &block, &why);
    } while (!block.is_last);
    add_lines(&want, &f, buf_span(&log), true);
    f = block.framer;
    add_lines(&got, &f, (struct span){block.bytes, block.len}, true);
    assert_true(span_equal(buf_span(&got), buf_span(&want)));
    blocks_release(&block);
    blocks_free(blocks);
    file_close(file);
    unlink(path);
    free(path);
    buf_done(&log);
    buf_done(&got);
    buf_done(&want);
}

static void a_damaged_file_gives_the_whole_lines_before_the_damage(void **state)
{
    (void)state;
    struct problem why = {0};
    struct buf log = odd_make(ODD_PLAIN, 1), got = {0};
    struct block block = {0};
    uint64_t long_lines = 0;
    char *path = write_gzip(buf_span(&log));
    assert_int_equal(truncate(path, 3000), 0);
    struct file *file = file_open(path, &why);
    struct blocks *blocks = blocks_new(file, 1000);
    int rc;
    do {
        block.len = 0;
        rc = blocks_add(blocks, &block, &why);
        assert_true(block.len == 0 || block.bytes[block.len - 1] == '\n');
    } while (!add_block_lines(&got, &block, &long_lines));
    assert_int_equal(rc, -EILSEQ);
    assert_non_null(strstr(why.text, "ends too early"));
    assert_true(got.len > 1000);
    blocks_release(&block);
    blocks_free(blocks);
    file_close(file);
    unlink(path);
    free(path);
    buf_done(&log);
    buf_done(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_have_the_lines_of_the_whole),
        cmocka_unit_test(blocks_may_be_put_together),
        cmocka_unit_test(a_damaged_file_gives_the_whole_lines_before_the_damage),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
