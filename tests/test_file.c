#include "base/alloc.h"
#include "base/buf.h"
#include "input/file.h"

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

/* Reads to the end, in pieces of any size. Returns the last result of file_read. */
static ptrdiff_t read_all(struct file *f, struct buf *out, struct problem *why)
{
    static char bytes[100003];
    ptrdiff_t n;
    while ((n = file_read(f, bytes, sizeof(bytes), why)) > 0) {
        buf_add(out, (struct span){bytes, (size_t)n});
    }
    return n;
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

static void a_read_gives_all_that_was_asked_for_until_the_end(void **state)
{
    (void)state;
    static char bytes[200000];
    struct buf text = sample(15000);
    char *plain = write_file("plain", buf_span(&text)), *gz = write_gzip("gz", buf_span(&text));
    for (int packed = 0; packed < 2; packed++) {
        struct problem why = {0};
        struct file *f = file_open(packed ? gz : plain, &why);
        assert_int_equal(file_read(f, bytes, 100001, &why), 100001);
        assert_int_equal(file_read(f, bytes + 100001, 99999, &why), 99999);
        assert_true(span_starts(buf_span(&text), (struct span){bytes, sizeof(bytes)}));
        assert_int_equal(file_read(f, bytes, sizeof(bytes), &why), text.len - sizeof(bytes));
        assert_int_equal(file_read(f, bytes, sizeof(bytes), &why), 0);
        file_close(f);
    }
    remove_file(plain);
    remove_file(gz);
    buf_done(&text);
}

static void only_plain_files_can_be_read_by_offset(void **state)
{
    (void)state;
    char bytes[64];
    struct problem why = {0};
    struct buf text = sample(100);
    char *plain = write_file("plain", buf_span(&text)), *gz = write_gzip("gz", buf_span(&text));
    struct file *f = file_open(plain, &why);
    int fd = file_by_offset(f);
    assert_int_equal(file_read_at(fd, bytes, sizeof(bytes), 7), sizeof(bytes));
    assert_memory_equal(bytes, text.data + 7, sizeof(bytes));
    assert_int_equal(file_read_at(fd, bytes, sizeof(bytes), text.len - 3), 3);
    assert_int_equal(file_read_at(fd, bytes, sizeof(bytes), text.len + 3), 0);
    assert_int_equal(file_read_at(-1, bytes, sizeof(bytes), 0), -EBADF);
    assert_int_equal(file_position(f), 0);
    assert_int_equal(file_size(f), text.len);
    file_close(f);
    f = file_open(gz, &why);
    assert_int_equal(file_by_offset(f), -1);
    file_close(f);
    remove_file(plain);
    remove_file(gz);
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
    char bytes[16];
    struct file *f = file_open(path, &why);
    assert_int_equal(read_all(f, &out, &why), -EILSEQ);
    why.text[0] = '\0';
    assert_int_equal(file_read(f, bytes, sizeof(bytes), &why), -EILSEQ);
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
        cmocka_unit_test(a_read_gives_all_that_was_asked_for_until_the_end),
        cmocka_unit_test(only_plain_files_can_be_read_by_offset),
        cmocka_unit_test(a_cut_gzip_file_gives_its_lines_and_an_error),
        cmocka_unit_test(a_damaged_file_is_an_error_each_time),
        cmocka_unit_test(a_folder_and_a_missing_file_are_problems),
        cmocka_unit_test(standard_input_is_read_byte_by_byte_plain_and_packed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
