#include "base/alloc.h"
#include "base/buf.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for one test, and the path of a store in it. */
struct place {
    char folder[64];
    char path[96], backup[112];
};

static int make_place(void **state)
{
    struct place *p = alloc_zero(1, sizeof(*p));
    snprintf(p->folder, sizeof(p->folder), "/tmp/test_store.XXXXXX");
    if (!mkdtemp(p->folder)) {
        return -1;
    }
    snprintf(p->path, sizeof(p->path), "%s/positions", p->folder);
    snprintf(p->backup, sizeof(p->backup), "%s.bak", p->path);
    *state = p;
    return 0;
}

/* How many files of the folder have `part` in their names; they are removed if so wanted. */
static int count_files(const struct place *p, const char *part, bool remove_them)
{
    int n = 0;
    DIR *dir = opendir(p->folder);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        bool is_file = entry->d_name[0] != '.' && strstr(entry->d_name, part);
        n += is_file;
        if (is_file && remove_them) {
            unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    closedir(dir);
    return n;
}

static int remove_place(void **state)
{
    struct place *p = *state;
    count_files(p, "", true);
    int error = rmdir(p->folder);
    free(p);
    return error;
}

static void write_file(const char *path, struct span text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.len ? text.ptr : "", 1, text.len, file), text.len);
    fclose(file);
}

static struct buf read_file(const char *path)
{
    struct buf b = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    b.len = fread(buf_room(&b, 100000), 1, 100000, file);
    fclose(file);
    return b;
}

static void add(struct store *s, const char *source, const char *path, uint64_t inode)
{
    char *own_source = alloc_text(span_of(source)), *own_path = alloc_text(span_of(path));
    store_add(s, &(struct store_position){.source = own_source,
                                          .path = own_path,
                                          .device = inode * 3,
                                          .inode = inode,
                                          .offset = inode * 1000,
                                          .head_hash = ~inode,
                                          .head_len = (uint32_t)inode % 1025});
    free(own_source);
    free(own_path);
}

static bool same_position(const struct store_position *a, const struct store_position *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->path, b->path) == 0 &&
           a->device == b->device && a->inode == b->inode && a->offset == b->offset &&
           a->head_hash == b->head_hash && a->head_len == b->head_len;
}

/* Is each position of `a` in `b`, and none besides? */
static bool same_store(const struct store *a, const struct store *b)
{
    bool same = a->n_positions == b->n_positions && a->seq == b->seq;
    for (size_t i = 0; same && i < a->n_positions; i++) {
        const struct store_position *p = &a->positions[i];
        const struct store_position *q = store_find(b, p->source, p->device, p->inode);
        same = q && same_position(p, q);
    }
    return same;
}

static void positions_come_back_whatever_the_path(void **state)
{
    const struct place *p = *state;
    struct store s = {.seq = UINT64_MAX}, back = {0};
    struct problem why = {0};
    add(&s, "site", "/var/log/nginx/access.log", 1);
    add(&s, "", "", 2);
    add(&s, "a b", "/tmp/with blank\nand\nlines\r\t", 3);
    add(&s, "50%", "%41%%\\\"'", 4);
    add(&s, "\xff\xfe\x01\x7f", "/b\xc3\xa4r/\xe2\x80\xae", 5);
    add(&s, "site", "other file, same source", 6);
    add(&s, "site2", "same file, other source", 1);
    add(&s, "big", "numbers", UINT64_MAX / 1000);
    assert_int_equal(store_save(&s, p->path, &why), 0);
    assert_int_equal(store_load(&back, p->path, &why), 0);
    assert_true(same_store(&s, &back));
    assert_string_equal(why.text, "");
    store_done(&s);
    store_done(&back);
}

static void an_empty_store_comes_back(void **state)
{
    const struct place *p = *state;
    struct store s = {0}, back = {0};
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    assert_int_equal(store_load(&back, p->path, NULL), 0);
    assert_int_equal(back.n_positions, 0);
    assert_null(store_find(&back, "a", 1, 1));
}

static void a_position_is_found_before_and_after_saving(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    for (uint64_t i = 1; i <= 100; i++) {
        add(&s, i % 2 ? "odd" : "even", "x", (i * 7919) % 101);
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_find(&s, "odd", 3 * (7919 % 101), 7919 % 101)->offset,
                         1000 * (7919 % 101));
        assert_null(store_find(&s, "even", 3 * (7919 % 101), 7919 % 101));
        assert_null(store_find(&s, "odd", 1, 7919 % 101));
        assert_int_equal(store_save(&s, p->path, NULL), 0);
        assert_int_equal(store_load(&s, p->path, NULL), 0);
    }
    store_done(&s);
}

static void nothing_there_is_a_first_start(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    struct problem why = {0};
    assert_int_equal(store_load(&s, p->path, &why), -ENOENT);
    assert_string_equal(why.text, "");
}

static void the_one_before_is_kept_as_bak_and_used_when_the_file_is_gone(void **state)
{
    const struct place *p = *state;
    struct store s = {.seq = 1}, back = {0};
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    s.seq = 2;
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    assert_int_equal(store_load(&back, p->path, NULL), 0);
    assert_int_equal(back.seq, 2);
    unlink(p->path);
    assert_int_equal(store_load(&back, p->path, NULL), 0);
    assert_int_equal(back.seq, 1);
    assert_int_equal(count_files(p, "tmp", false), 0);
}

static void a_damaged_file_is_set_aside_and_bak_is_used(void **state)
{
    const struct place *p = *state;
    struct store s = {.seq = 1}, back = {0};
    struct problem why = {0};
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    s.seq = 2;
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    write_file(p->path, SPAN("\0\0\0\0\0\0\0\0"));
    assert_int_equal(store_load(&back, p->path, &why), 0);
    assert_int_equal(back.seq, 1);
    assert_non_null(strstr(why.text, "is damaged; it was set aside as"));
    assert_int_equal(count_files(p, "positions.damaged-", false), 1);
    assert_int_equal(access(p->path, F_OK), -1);
}

static void when_both_are_damaged_both_are_kept_and_the_store_is_empty(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    struct problem why = {0};
    add(&s, "old", "content", 1);
    write_file(p->path, SPAN(""));
    write_file(p->backup, SPAN("teapotd-store 2\n"));
    assert_int_equal(store_load(&s, p->path, &why), -EBADMSG);
    assert_int_equal(s.n_positions, 0);
    assert_int_equal(count_files(p, "damaged-", false), 2);
    assert_int_equal(store_load(&s, p->path, &why), -ENOENT);
}

static void no_set_aside_file_replaces_another(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    for (int i = 0; i < 5; i++) {
        write_file(p->path, SPAN("junk"));
        assert_int_equal(store_load(&s, p->path, NULL), -EBADMSG);
    }
    assert_int_equal(count_files(p, "damaged-", false), 5);
}

/* Loads a damaged text. It must be refused, or be right. */
static void check_damage(const struct place *p, const struct store *right, struct span text)
{
    struct store back = {0};
    write_file(p->path, text);
    int rc = store_load(&back, p->path, NULL);
    if (rc != -EBADMSG && !(rc == 0 && same_store(right, &back))) {
        fail_msg("accepted with %d: %.*s", rc, (int)text.len, text.ptr);
    }
    store_done(&back);
    count_files(p, "damaged-", true);
}

static void no_damage_gives_a_wrong_position(void **state)
{
    const struct place *p = *state;
    static const char put[] = {'\0', ' ', '0', '1', '9', 'A', '\n', '%', '\xff'};
    struct store s = {.seq = 12};
    add(&s, "site", "/var/log/a b.log", 41);
    add(&s, "edge", "/x", 42);
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    struct buf good = read_file(p->path);
    for (size_t at = 0; at < good.len; at++) {
        char was = good.data[at];
        for (size_t i = 0; i < sizeof(put) + 8; i++) {
            good.data[at] = (char)(i < 8 ? was ^ (1 << i) : put[i - 8]);
            check_damage(p, &s, buf_span(&good));
        }
        good.data[at] = was;
        check_damage(p, &s, span_head(buf_span(&good), at));
    }
    check_damage(p, &s, buf_span(&good));
    buf_done(&good);
    store_done(&s);
}

static void a_right_checksum_over_nonsense_is_damage_too(void **state)
{
    const struct place *p = *state;
    static const char *const bodies[] = {
        "",
        "seq 1",
        "seq x\n",
        "seq 1\nposition a b 1 2 3 00000000000000AA\n",
        "seq 1\nposition a b 1 2 3 AA 5\n",
        "seq 1\nposition a b 1 2 3 00000000000000AA 5 6\n",
        "seq 1\nposition a %0 1 2 3 00000000000000AA 5\n",
        "seq 1\nposition a %00 1 2 3 00000000000000AA 5\n",
        "seq 1\nposition a b 1 2 -3 00000000000000AA 5\n",
        "seq 1\nposition a b 1 2 3 00000000000000AA 4294967296\n",
        "seq 1\nplace a b 1 2 3 00000000000000AA 5\n",
        "seq 1\n\n",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct store s = {0};
        char *text = alloc_printf("teapotd-store 1\nchecksum %016llX\n%s",
                                  (unsigned long long)span_hash(span_of(bodies[i])), bodies[i]);
        write_file(p->path, span_of(text));
        if (store_load(&s, p->path, NULL) != -EBADMSG || s.n_positions) {
            fail_msg("%s", bodies[i]);
        }
        free(text);
    }
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct store s = {0};
    struct problem why = {0};
    assert_int_equal(store_save(&s, "/nowhere/at/all", &why), -ENOENT);
    assert_string_equal(why.file, "/nowhere/at/all");
    assert_string_equal(why.text, "can't save: No such file or directory");
}

static void when_writing_fails_the_old_file_stays(void **state)
{
    const struct place *p = *state;
    struct store s = {.seq = 1}, back = {0};
    struct problem why = {0};
    assert_int_equal(store_save(&s, p->path, &why), 0);
    for (uint64_t i = 0; i < 200; i++) {
        add(&s, "site", "/a/long/path/of/a/file.log", i);
    }
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){4096, old.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int rc = store_save(&s, p->path, &why);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, before);
    assert_int_equal(rc, -EFBIG);
    assert_int_equal(store_load(&back, p->path, NULL), 0);
    assert_int_equal(back.seq, 1);
    assert_int_equal(count_files(p, "tmp", false), 0);
    store_done(&s);
    store_done(&back);
}

static void a_folder_in_its_place_is_an_error_and_left_alone(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    struct problem why = {0};
    assert_int_equal(mkdir(p->path, 0700), 0);
    assert_int_equal(store_load(&s, p->path, &why), -EISDIR);
    assert_int_equal(store_save(&s, p->path, &why), -EISDIR);
    assert_int_equal(rmdir(p->path), 0);
}

static void a_link_in_the_way_of_the_new_file_is_not_followed(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    char target[128], fresh[128];
    snprintf(target, sizeof(target), "%s/target", p->folder);
    snprintf(fresh, sizeof(fresh), "%s.tmp", p->path);
    write_file(target, SPAN("precious"));
    assert_int_equal(symlink(target, fresh), 0);
    assert_int_equal(store_save(&s, p->path, NULL), 0);
    struct buf text = read_file(target);
    assert_true(span_is(buf_span(&text), "precious"));
    buf_done(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(positions_come_back_whatever_the_path),
        TEST(an_empty_store_comes_back),
        TEST(a_position_is_found_before_and_after_saving),
        TEST(nothing_there_is_a_first_start),
        TEST(the_one_before_is_kept_as_bak_and_used_when_the_file_is_gone),
        TEST(a_damaged_file_is_set_aside_and_bak_is_used),
        TEST(when_both_are_damaged_both_are_kept_and_the_store_is_empty),
        TEST(no_set_aside_file_replaces_another),
        TEST(no_damage_gives_a_wrong_position),
        TEST(a_right_checksum_over_nonsense_is_damage_too),
        TEST(a_folder_that_is_not_there_is_an_error),
        TEST(when_writing_fails_the_old_file_stays),
        TEST(a_folder_in_its_place_is_an_error_and_left_alone),
        TEST(a_link_in_the_way_of_the_new_file_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
