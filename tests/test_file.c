#include "base/alloc.h"
#include "base/buf.h"
#include "input/file.h"
#include "input/framer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

static char folder[] = "/tmp/test_file.XXXXXX";

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

/* Writes a file and returns its path, to be freed after unlink. */
static char *write_file(const char *name, struct span bytes)
{
    char *path = alloc_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.len ? bytes.ptr : "", 1, bytes.len, file), bytes.len);
    fclose(file);
    return path;
}

static void remove_file(char *path)
{
    unlink(path);
    free(path);
}

static struct buf sample(size_t lines)
{
    struct buf b = {0};
    uint32_t x = 7;
    for (size_t i = 0; i < lines; i++) {
        x = x * 1664525U + 1013904223U;
        buf_printf(&b, "line %zu %08x\n", i, x);
    }
    return b;
}

/* A gzip file of `in`, by way of the disk. */
static char *write_gzip(const char *name, struct span in)
{
    char *path = alloc_printf("%s/%s", folder, name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, in.ptr, (unsigned)in.len), (int)in.len);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

static char *write_zstd(const char *name, struct span in)
{
    struct buf packed = {0};
    size_t room = ZSTD_compressBound(in.len);
    packed.len = ZSTD_compress(buf_room(&packed, room), room, in.ptr, in.len, 1);
    char *path = write_file(name, buf_span(&packed));
    buf_done(&packed);
    return path;
}

/* Reads to the end, keeping what follows the last line feed each time, as a scan does. Returns the
 * last result of file_read. */
static int read_all(struct file *f, struct buf *out, struct problem *why)
{
    struct span bytes;
    int rc;
    while ((rc = file_read(f, &bytes, why)) > 0) {
        size_t used = bytes.len;
        while (used && bytes.ptr[used - 1] != '\n') {
            used--;
        }
        buf_add(out, span_head(bytes, used));
        file_keep(f, bytes.len - used);
    }
    buf_add(out, bytes);
    return rc;
}

/* Is what comes out of the file at `path` the text? */
static void check_reads(const char *path, struct span text)
{
    struct problem why = {0};
    struct buf out = {0};
    struct file *f = file_open(path, &why);
    assert_non_null(f);
    assert_int_equal(read_all(f, &out, &why), 0);
    assert_true(span_equal(buf_span(&out), text));
    assert_int_equal(file_position(f), file_size(f));
    file_close(f);
    buf_done(&out);
}

static void a_plain_file_is_read_whole(void **state)
{
    (void)state;
    struct buf text = sample(60000); /* several chunks */
    buf_text(&text, "no line end");
    char *path = write_file("plain", buf_span(&text));
    check_reads(path, buf_span(&text));
    remove_file(path);
    buf_done(&text);
}

static void packed_files_are_told_by_their_first_bytes(void **state)
{
    (void)state;
    struct buf text = sample(60000);
    char *gz = write_gzip("gz.log", buf_span(&text)), *zst = write_zstd("z", buf_span(&text));
    check_reads(gz, buf_span(&text));
    check_reads(zst, buf_span(&text));
    remove_file(gz);
    remove_file(zst);
    buf_done(&text);
}

static void files_of_few_bytes_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "\n", "abc", "\x1f", "\x28\xb5\x2f"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *path = write_file("small", span_of(texts[i]));
        check_reads(path, span_of(texts[i]));
        remove_file(path);
    }
}

static void what_is_kept_comes_again_with_more_behind_it(void **state)
{
    (void)state;
    struct buf text = sample(30000);
    char *path = write_file("kept", buf_span(&text));
    struct problem why = {0};
    struct file *f = file_open(path, &why);
    struct span bytes;
    assert_int_equal(file_read(f, &bytes, &why), 1);
    size_t first = bytes.len;
    file_keep(f, 10);
    assert_int_equal(file_read(f, &bytes, &why), 1);
    struct span want = span_after(buf_span(&text), first - 10);
    assert_true(bytes.len > 10);
    assert_true(span_starts(want, bytes));
    file_close(f);
    remove_file(path);
    buf_done(&text);
}

static void keeping_more_than_a_line_is_refused_without_growing(void **state)
{
    (void)state;
    struct buf text = sample(30000);
    char *path = write_file("hoard", buf_span(&text));
    struct problem why = {0};
    struct file *f = file_open(path, &why);
    struct span bytes;
    do {
        assert_int_equal(file_read(f, &bytes, &why), 1);
    } while (bytes.len <= FRAMER_LINE_BYTES);
    assert_int_equal(file_read(f, &bytes, &why), -ENOBUFS);
    file_keep(f, FRAMER_LINE_BYTES);
    assert_int_equal(file_read(f, &bytes, &why), 1);
    file_close(f);
    remove_file(path);
    buf_done(&text);
}

static void a_cut_gzip_file_gives_its_lines_and_an_error(void **state)
{
    (void)state;
    struct buf text = sample(60000), out = {0};
    char *path = write_gzip("cut.gz", buf_span(&text));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    struct problem why = {0};
    struct file *f = file_open(path, &why);
    assert_int_equal(read_all(f, &out, &why), -EILSEQ);
    assert_true(out.len > text.len / 4);
    assert_true(span_starts(buf_span(&text), buf_span(&out)));
    assert_non_null(strstr(why.text, "gzip data ends too early"));
    assert_string_equal(why.file, path);
    file_close(f);
    remove_file(path);
    buf_done(&out);
    buf_done(&text);
}

static void a_damaged_file_is_an_error_each_time(void **state)
{
    (void)state;
    struct buf text = sample(1000), out = {0};
    char *path = write_gzip("damaged.gz", buf_span(&text));
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, 2000), 4);
    close(fd);
    struct problem why = {0};
    struct span bytes;
    struct file *f = file_open(path, &why);
    assert_int_equal(read_all(f, &out, &why), -EILSEQ);
    why.text[0] = '\0';
    assert_int_equal(file_read(f, &bytes, &why), -EILSEQ);
    assert_non_null(strstr(why.text, "gzip data is damaged"));
    file_close(f);
    remove_file(path);
    buf_done(&out);
    buf_done(&text);
}

static void a_folder_and_a_missing_file_are_problems(void **state)
{
    (void)state;
    struct problem why = {0};
    assert_null(file_open(folder, &why));
    assert_string_equal(why.text, "Is a directory");
    assert_string_equal(why.file, folder);
    assert_null(file_open("/nowhere/at/all", &why));
    assert_string_equal(why.text, "No such file or directory");
}

/* Gives `bytes` to a pipe singly, from a child, and makes that pipe our standard input. */
static pid_t feed_stdin(struct span bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t i = 0; i < bytes.len; i++) {
            if (write(ends[1], bytes.ptr + i, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    return child;
}

static void check_stdin(struct span packed, struct span text, bool non_blocking)
{
    struct problem why = {0};
    struct buf out = {0};
    int saved = dup(STDIN_FILENO);
    pid_t child = feed_stdin(packed);
    if (non_blocking) {
        assert_int_equal(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), 0);
    }
    struct file *f = file_open("-", &why);
    assert_non_null(f);
    assert_int_equal(read_all(f, &out, &why), 0);
    assert_true(span_equal(buf_span(&out), text));
    assert_int_equal(file_size(f), 0);
    file_close(f);
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    dup2(saved, STDIN_FILENO);
    close(saved);
    waitpid(child, NULL, 0);
    buf_done(&out);
}

static void standard_input_is_read_byte_by_byte_plain_and_packed(void **state)
{
    (void)state;
    struct buf text = sample(200), packed = {0};
    size_t room = ZSTD_compressBound(text.len);
    packed.len = ZSTD_compress(buf_room(&packed, room), room, text.data, text.len, 1);
    check_stdin(buf_span(&text), buf_span(&text), false);
    check_stdin(buf_span(&text), buf_span(&text), true);
    check_stdin(buf_span(&packed), buf_span(&text), false);
    buf_done(&packed);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_is_read_whole),
        cmocka_unit_test(packed_files_are_told_by_their_first_bytes),
        cmocka_unit_test(files_of_few_bytes_are_read),
        cmocka_unit_test(what_is_kept_comes_again_with_more_behind_it),
        cmocka_unit_test(keeping_more_than_a_line_is_refused_without_growing),
        cmocka_unit_test(a_cut_gzip_file_gives_its_lines_and_an_error),
        cmocka_unit_test(a_damaged_file_is_an_error_each_time),
        cmocka_unit_test(a_folder_and_a_missing_file_are_problems),
        cmocka_unit_test(standard_input_is_read_byte_by_byte_plain_and_packed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
