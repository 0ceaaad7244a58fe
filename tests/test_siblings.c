#define _XOPEN_SOURCE 700 /* mkdtemp */

/* Rotated files beside a followed one: which they are, and which of them is the one that was read.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "input/followed.h"
#include "input/rotated.h"
#include "input/siblings.h"
#include "input/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

enum {
    LINES = 100,
};

struct world {
    char folder[64];
    struct buf text; /* of LINES lines */
};

static char *path_of(const struct world *w, const char *name)
{
    return alloc_printf("%s/%s", w->folder, name);
}

static void put(const struct world *w, const char *name, struct span bytes)
{
    char *path = path_of(w, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, out), bytes.len);
    fclose(out);
    free(path);
}

static void put_packed(const struct world *w, const char *name, struct span bytes)
{
    char *path = path_of(w, name);
    gzFile out = gzopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, bytes.ptr, (unsigned)bytes.len), (int)bytes.len);
    gzclose(out);
    free(path);
}

static int set_up(void **state)
{
    struct world *w = alloc_zero(1, sizeof(*w));
    snprintf(w->folder, sizeof(w->folder), "/tmp/siblings.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    for (int i = 0; i < LINES; i++) {
        buf_printf(&w->text, "line %d of the log, which is long enough to fill a head\n", i);
    }
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char *command = alloc_printf("rm -rf %s", w->folder);
    int r = system(command);
    free(command);
    buf_done(&w->text);
    free(w);
    return r;
}

/* The position behind `n` lines of the log. */
static struct tail_position position_at(const struct world *w, int n)
{
    struct span text = buf_span(&w->text), rest = text;
    while (n-- > 0) {
        rest = span_after(rest, span_find(rest, '\n') + 1);
    }
    struct tail_position p = {.device = 1, .inode = 2, .offset = text.len - rest.len};
    p.head_len = p.offset < TAIL_HEAD_BYTES ? (uint32_t)p.offset : TAIL_HEAD_BYTES;
    p.head_hash = span_hash(span_head(text, p.head_len));
    struct span read = span_head(text, (size_t)p.offset);
    p.tail_len = p.offset < TAIL_END_BYTES ? (uint32_t)p.offset : TAIL_END_BYTES;
    p.tail_hash = span_hash(span_after(read, read.len - p.tail_len));
    return p;
}

static void find(const struct world *w, struct siblings *s)
{
    char *path = path_of(w, "access.log");
    siblings_find(s, &(struct siblings_at){.path = path});
    free(path);
}

static void rotated_names_are_told_from_others(void **state)
{
    static const char *const names[] = {
        "access.log",       "access.log.1",   "access.log-20261122", "access.log.2.gz",
        "access.log.old",   "access.log.zst", "access.log.swp",      "access.log.1.tmp",
        "access.log2",      "access.logs.1",  "other.log.1",         "access.log-api",
        "access.log.1.swp", "access-1.log"};
    struct siblings s = {.n = 0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        put(*state, names[i], SPAN("x\n"));
    }
    find(*state, &s);
    assert_int_equal(s.n, 5);
    for (size_t i = 0; i < s.n; i++) {
        bool is_numbered =
            strstr(s.all[i].path, "log.old") == NULL && strstr(s.all[i].path, "log.zst") == NULL;
        assert_int_equal(s.all[i].is_numbered, is_numbered);
    }
    siblings_done(&s);
}

static void what_was_read_is_found_under_another_name_or_packed(void **state)
{
    const struct world *w = *state;
    struct span text = buf_span(&w->text);
    struct tail_position p = position_at(w, 60);
    struct siblings s = {.n = 0};
    put(w, "access.log.1", SPAN("something else\n"));
    put_packed(w, "access.log.3.gz", text);
    find(w, &s);
    struct sibling *packed = siblings_of(&s, &p);
    assert_non_null(packed);
    assert_true(packed->is_packed);
    siblings_done(&s);

    put(w, "access.log.2", span_head(text, (size_t)p.offset - 1)); /* a copy that is too short */
    put(w, "access.log.4", text);
    find(w, &s);
    struct stat st;
    char *path = path_of(w, "access.log.4");
    assert_int_equal(stat(path, &st), 0);
    p.device = (uint64_t)st.st_dev;
    p.inode = (uint64_t)st.st_ino;
    struct sibling *same = siblings_of(&s, &p);
    assert_non_null(same);
    assert_string_equal(same->path, path);
    free(path);
    siblings_done(&s);
}

/* All begin with the same 1,024 bytes and more, as logs with a long head do. */
static void of_those_with_one_head_the_one_is_found_that_was_read(void **state)
{
    const struct world *w = *state;
    struct tail_position p = position_at(w, 60);
    struct siblings s = {.n = 0};
    struct buf other = {0};
    buf_add(&other, span_head(buf_span(&w->text), (size_t)p.offset - 10));
    while (other.len < w->text.len) {
        buf_text(&other, "and then another line\n");
    }
    put_packed(w, "access.log.1.gz", buf_span(&other));
    put_packed(w, "access.log.2.gz", buf_span(&w->text));
    put_packed(w, "access.log.3.gz", buf_span(&other));
    put(w, "access.log.4", buf_span(&other));
    find(w, &s);
    struct sibling *found = siblings_of(&s, &p);
    assert_non_null(found);
    assert_non_null(strstr(found->path, "access.log.2.gz"));
    siblings_done(&s);
    char *path = path_of(w, "access.log.2.gz");
    unlink(path);
    free(path);
    find(w, &s);
    assert_null(siblings_of(&s, &p));
    siblings_done(&s);
    buf_done(&other);
}

static void what_is_unpacked_can_be_read_by_offset(void **state)
{
    const struct world *w = *state;
    struct span text = buf_span(&w->text);
    for (int lines = 0; lines <= LINES; lines += 20) {
        struct tail_position p = position_at(w, lines);
        struct siblings s = {.n = 0};
        char *got = alloc_zero(text.len + 1, 1);
        put_packed(w, "access.log.1.gz", text);
        find(w, &s);
        int fd = sibling_open(&s.all[0], p.offset);
        assert_true(fd >= 0);
        assert_int_equal(lseek(fd, 0, SEEK_END), text.len);
        assert_int_equal(pread(fd, got, text.len + 1, 0), text.len);
        assert_memory_equal(got, text.ptr, p.head_len);
        assert_memory_equal(got + p.offset, text.ptr + p.offset, text.len - p.offset);
        assert_int_equal(followed_fits(fd, &p), 1);
        close(fd);
        free(got);
        siblings_done(&s);
    }
    struct siblings s = {.n = 0};
    find(w, &s);
    assert_int_equal(sibling_open(&s.all[0], text.len + 1), -ESTALE);
    siblings_done(&s);
}

/* What rotated_find does with a log of which all was read but for a line, and a file beside it that
 * holds `beside` and was changed `ago_s` seconds ago. */
static void find_beside(const struct world *w, struct span beside, int ago_s, struct rotated *found)
{
    char *path = path_of(w, "access.log"), *copy = path_of(w, "access.log.1");
    struct span text = buf_span(&w->text);
    struct known known = {0};
    struct stat st;
    put(w, "access.log", text);
    put(w, "access.log.1", beside);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - ago_s}};
    assert_true(ago_s == 0 || utimensat(AT_FDCWD, copy, times, 0) == 0);
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    struct rotated_before before = {.n_stored = 2, .looked_ms = 1, .looks = 1};
    before.stored[0] = position_at(w, LINES - 1);
    before.stored[0].device = (uint64_t)st.st_dev;
    before.stored[0].inode = (uint64_t)st.st_ino;
    before.stored[1] = (struct tail_position){.device = 1, .inode = 1}; /* one that is gone */
    rotated_find(found, &(struct siblings_at){.path = path}, &before, fd, &st, &known);
    close(fd);
    free(path);
    free(copy);
}

/* What is no copy of the log as it is now may be one of it as it will be, so it has to wait. */
static void a_copy_in_the_making_is_no_new_file(void **state)
{
    const struct world *w = *state;
    struct rotated found = {.n = 0};
    struct span text = buf_span(&w->text), other = span_after(text, 100);
    find_beside(w, other, 0, &found);
    assert_int_equal(found.n, 0);
    assert_true(found.left_ns > 0);
    find_beside(w, other, 2, &found); /* nobody makes it any more */
    assert_int_equal(found.n, 1);
    assert_int_equal(found.left_ns, 0);
    followed_free(found.files[0]);
    found.n = 0;
    static const size_t copied[] = {300, 1500, 0};
    for (size_t i = 0; i < 6; i++) {
        size_t n = copied[i / 2] ? copied[i / 2] : text.len;
        find_beside(w, span_head(text, n), i % 2 ? 0 : 2, &found);
        assert_int_equal(found.n, 0);
        assert_int_equal(found.left_ns, 0);
    }
}

static void put_aged(const struct world *w, const char *name, struct span bytes, int ago_s)
{
    char *path = path_of(w, name);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - ago_s}};
    (span_ends(span_of(name), SPAN(".gz")) ? put_packed : put)(w, name, bytes);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    free(path);
}

/* As all W3C logs begin: a file with nothing else is no copy of any other. */
static void a_head_that_all_files_have_makes_no_copies(void **state)
{
    const struct world *w = *state;
    struct rotated found = {.n = 0};
    struct known known = {0};
    struct stat st;
    struct span head = span_head(buf_span(&w->text), (size_t)position_at(w, 30).offset);
    char *path = path_of(w, "access.log");
    char *three = alloc_printf("%.*sone\ntwo\nthree\n", (int)head.len, head.ptr);
    char *now = alloc_printf("%.*sfour\n", (int)head.len, head.ptr);
    put_aged(w, "access.log.3.gz", head, 4); /* was read before it was packed */
    put_aged(w, "access.log.2.gz", span_of(three), 3);
    put_aged(w, "access.log.1", head, 2);
    put(w, "access.log", span_of(now));
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    struct rotated_before before = {.n_stored = 1, .looked_ms = 1, .looks = 1};
    before.stored[0] = position_at(w, 30);
    struct siblings_at at = {.path = path};
    rotated_find(&found, &at, &before, fd, &st, &known);
    uint64_t unread = 0;
    for (size_t i = 0; i < found.n; i++) {
        unread += tail_file_lag(found.files[i]);
        followed_free(found.files[i]);
    }
    assert_in_range(unread, strlen("one\ntwo\nthree\n"), strlen(three) + head.len);
    /* Where no other file says that it is a head, it may be a copy that has more. */
    found = (struct rotated){.n = 0};
    put(w, "access.log", head);
    rotated_find(&found, &at, &before, fd, &st, &known);
    for (size_t i = 0; i < found.n; i++) {
        assert_int_equal(tail_file_lag(found.files[i]), 0);
        followed_free(found.files[i]);
    }
    close(fd);
    free(path);
    free(three);
    free(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rotated_names_are_told_from_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_read_is_found_under_another_name_or_packed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(of_those_with_one_head_the_one_is_found_that_was_read,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_unpacked_can_be_read_by_offset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_in_the_making_is_no_new_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_head_that_all_files_have_makes_no_copies, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
