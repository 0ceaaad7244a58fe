/* What a store holds comes back, or is known not to be right; and the file outlives what befalls
 * it. */
#include "base/alloc.h"
#include "base/buf.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for one test, and the path of a store in it. */
struct place {
    char folder[64];
    char path[96];
};

static int make_place(void **state)
{
    struct place *p = alloc_zero(1, sizeof(*p));
    snprintf(p->folder, sizeof(p->folder), "/tmp/test_store.XXXXXX");
    if (!mkdtemp(p->folder)) {
        return -1;
    }
    snprintf(p->path, sizeof(p->path), "%s/teapotd.db", p->folder);
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
                                          .head_len = (uint32_t)inode % 1025,
                                          .tail_hash = inode % 3 ? inode * 7 : 0,
                                          .tail_len = (uint32_t)inode % 3,
                                          .looked_ms = inode % 2 ? 1795365800000 : 0});
    free(own_source);
    free(own_path);
}

static bool same_position(const struct store_position *a, const struct store_position *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->path, b->path) == 0 &&
           a->device == b->device && a->inode == b->inode && a->offset == b->offset &&
           a->head_hash == b->head_hash && a->head_len == b->head_len &&
           a->tail_hash == b->tail_hash && a->tail_len == b->tail_len &&
           a->looked_ms == b->looked_ms;
}

static const struct store_note *next_note(const struct store *s, size_t *at, bool of_alerts)
{
    while (*at < s->n_notes && (s->notes[*at].kind == STORE_ALERTS) != of_alerts) {
        ++*at;
    }
    return *at < s->n_notes ? &s->notes[(*at)++] : NULL;
}

/* Notes of alerts and all others have an order of their own. */
static bool same_notes(const struct store *a, const struct store *b, bool of_alerts)
{
    size_t i = 0, k = 0;
    for (;;) {
        const struct store_note *x = next_note(a, &i, of_alerts), *y = next_note(b, &k, of_alerts);
        if (!x || !y) {
            return !x && !y;
        }
        if (x->kind != y->kind || strcmp(x->name, y->name) != 0 || x->len != y->len ||
            memcmp(x->bytes, y->bytes, x->len) != 0) {
            return false;
        }
    }
}

/* Is each position of `a` in `b`, and none besides, and are their notes the same? */
static bool same_store(const struct store *a, const struct store *b)
{
    bool same = a->n_positions == b->n_positions && a->seq == b->seq &&
                a->saved_ms == b->saved_ms && a->n_notes == b->n_notes;
    for (size_t i = 0; same && i < a->n_positions; i++) {
        const struct store_position *p = &a->positions[i];
        const struct store_position *q = store_find(b, p->source, p->device, p->inode);
        same = q && same_position(p, q);
    }
    return same && same_notes(a, b, false) && same_notes(a, b, true);
}

static void add_note(struct store *s, enum store_kind kind, const char *name, struct span bytes)
{
    char *own = alloc_zero(bytes.len + 1, 1);
    memcpy(own, bytes.ptr, bytes.len);
    store_add_note(s, kind, name, own, bytes.len);
}

/* Opens, which must go well, and closes again. */
static void load(const struct place *p, struct store *back, struct problem *why)
{
    struct store_file *f = NULL;
    *back = (struct store){0};
    assert_int_equal(store_open(&f, p->path, back, why), 0);
    store_close(f);
}

static void save(const struct place *p, const struct store *s)
{
    struct store_file *f = NULL;
    struct store old = {0};
    assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
    assert_int_equal(store_save(f, s, NULL), 0);
    store_done(&old);
    store_close(f);
}

/* A statement as somebody else would give it. */
static void run_sql(const struct place *p, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_store(struct store *s, uint64_t seq)
{
    *s = (struct store){.seq = seq, .saved_ms = 1795365822123};
    add(s, "site", "/var/log/nginx/access.log", 1);
    add(s, "", "", 2);
    add(s, "a b", "/tmp/with blank\nand\nlines\r\t", 3);
    add(s, "50%", "%41%%\\\"'", 4);
    add(s, "\xff\xfe\x01\x7f", "/b\xc3\xa4r/\xe2\x80\xae", 5);
    add(s, "site", "other file, same source", 6);
    add(s, "site2", "same file, other source", 1);
    add(s, "big", "numbers", UINT64_MAX / 1000);
    add_note(s, STORE_TALLY, "", SPAN("all\0of it"));
    add_note(s, STORE_TALLY, "site", SPAN(""));
    add_note(s, STORE_ALERTS, "site", SPAN("\xff\0'"));
}

static void all_of_it_comes_back(void **state)
{
    const struct place *p = *state;
    struct store s, back;
    struct problem why = {0};
    make_store(&s, UINT64_MAX);
    save(p, &s);
    load(p, &back, &why);
    assert_true(same_store(&s, &back));
    assert_string_equal(why.text, "");
    store_done(&s);
    store_done(&back);
}

static void a_first_start_finds_nothing(void **state)
{
    const struct place *p = *state;
    struct store back;
    struct problem why = {0};
    for (int i = 0; i < 2; i++) {
        load(p, &back, &why);
        assert_int_equal(back.n_positions + back.n_notes + back.seq, 0);
        assert_int_equal(back.saved_ms, 0);
        assert_null(store_find(&back, "a", 1, 1));
        assert_string_equal(why.text, "");
    }
    save(p, &back);
    load(p, &back, &why);
    assert_int_equal(back.n_positions, 0);
}

static void a_position_is_found_before_and_after_saving(void **state)
{
    const struct place *p = *state;
    struct store s = {0}, back = {0};
    for (uint64_t i = 1; i <= 100; i++) {
        add(&s, i % 2 ? "odd" : "even", "x", (i * 7919) % 101);
    }
    save(p, &s);
    load(p, &back, NULL);
    const struct store *both[] = {&s, &back};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_find(both[i], "odd", 3 * (7919 % 101), 7919 % 101)->offset,
                         1000 * (7919 % 101));
        assert_null(store_find(both[i], "even", 3 * (7919 % 101), 7919 % 101));
        assert_null(store_find(both[i], "odd", 1, 7919 % 101));
    }
    store_done(&s);
    store_done(&back);
}

/* Only rows that changed are written, so all ways in which rows can change are tried in a row. */
static void each_checkpoint_replaces_the_one_before(void **state)
{
    const struct place *p = *state;
    struct store_file *f = NULL;
    struct store old = {0};
    assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
    for (uint64_t round = 1; round <= 60; round++) {
        struct store s = {.seq = round, .saved_ms = (int64_t)round}, back;
        for (uint64_t i = 0; i < round * 7 % 11; i++) {
            add(&s, "s", "/p", i * (round / 5 + 1));
        }
        for (uint64_t i = 0; i < round * 5 % 7; i++) {
            char name[16];
            snprintf(name, sizeof(name), "%d", (int)(i * round % 3));
            add_note(&s, (enum store_kind)(i % STORE_KINDS), name, SPAN("bytes"));
        }
        assert_int_equal(store_save(f, &s, NULL), 0);
        if (round % 9 == 0) { /* also from what was read */
            store_close(f);
            store_done(&old);
            assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
        }
        load(p, &back, NULL);
        assert_true(same_store(&s, &back));
        store_done(&s);
        store_done(&back);
    }
    store_close(f);
    store_done(&old);
}

static size_t count_alerts(const struct place *p)
{
    struct store back;
    size_t n = 0, at = 0;
    load(p, &back, NULL);
    while (next_note(&back, &at, true)) {
        n++;
    }
    store_done(&back);
    return n;
}

/* They may be added to, as long as none is missing. */
static void notes_of_alerts_may_grow(void **state)
{
    const struct place *p = *state;
    struct store_file *f = NULL;
    struct store old = {0}, all = {0}, more = {.adds_alerts = true};
    assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
    assert_true(store_needs_all(f));
    add_note(&all, STORE_ALERTS, "all", SPAN("1"));
    add_note(&all, STORE_ALERTS, "all", SPAN("2"));
    add_note(&more, STORE_ALERTS, "more", SPAN("3"));
    add_note(&more, STORE_TALLY, "", SPAN("counts"));
    assert_int_equal(store_save(f, &all, NULL), 0);
    assert_false(store_needs_all(f));
    assert_int_equal(store_save(f, &more, NULL), 0);
    assert_int_equal(store_save(f, &more, NULL), 0);
    assert_false(store_needs_all(f));
    assert_int_equal(count_alerts(p), 4);
    assert_int_equal(store_save(f, &all, NULL), 0);
    assert_int_equal(count_alerts(p), 2);
    count_files(p, "teapotd.db", true); /* made anew, with a gap */
    assert_int_equal(store_save(f, &more, NULL), 0);
    assert_true(store_needs_all(f));
    store_close(f);
    store_done(&all);
    store_done(&more);
}

/* Neither is a checkpoint seen in part, nor one that was not finished. */
static void a_process_that_dies_leaves_the_last_checkpoint(void **state)
{
    const struct place *p = *state;
    struct store first, back;
    make_store(&first, 1);
    save(p, &first);
    for (int i = 0; i < 20; i++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) {
            struct store_file *f = NULL;
            struct store s = {0};
            if (store_open(&f, p->path, &s, NULL)) {
                _exit(1);
            }
            for (;;) {
                s.seq++;
                for (size_t k = 0; k < s.n_positions; k++) {
                    s.positions[k].offset = s.seq;
                }
                store_save(f, &s, NULL);
                if (write(ready[1], "", 1) != 1) {
                    _exit(1);
                }
            }
        }
        char got[8];
        assert_int_equal(read(ready[0], got, 1), 1);
        struct timespec a_little = {.tv_nsec = i * 137000L};
        nanosleep(&a_little, NULL); /* it dies anywhere in the next one */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ready[0]);
        close(ready[1]);
        load(p, &back, NULL);
        assert_int_equal(back.n_positions, first.n_positions);
        for (size_t k = 0; k < back.n_positions; k++) {
            assert_int_equal(back.positions[k].offset, back.seq);
        }
        store_done(&back);
    }
    store_done(&first);
}

/* Whatever is wrong is set aside and said, and the new file serves. */
static void check_set_aside(const struct place *p, const char *what)
{
    struct store s, back;
    struct problem why = {0};
    struct store_file *f = NULL;
    back = (struct store){0};
    assert_int_equal(store_open(&f, p->path, &back, &why), 0);
    if (!strstr(why.text, what) || !strstr(why.text, "it was set aside as")) {
        fail_msg("%s", why.text);
    }
    assert_int_equal(back.n_positions + back.n_notes, 0);
    assert_int_equal(count_files(p, "damaged-", false) > 0, 1);
    make_store(&s, 2);
    assert_int_equal(store_save(f, &s, NULL), 0);
    store_close(f);
    load(p, &back, NULL);
    assert_true(same_store(&s, &back));
    store_done(&s);
    store_done(&back);
}

static void what_is_no_store_is_set_aside(void **state)
{
    const struct place *p = *state;
    struct store s;
    write_file(p->path, SPAN("teapotd-store 2\nchecksum 0\n"));
    check_set_aside(p, "is damaged");
    unlink(p->path);
    run_sql(p, "CREATE TABLE customers (name TEXT)");
    check_set_aside(p, "is no store of this version");
    make_store(&s, 1);
    save(p, &s);
    run_sql(p, "PRAGMA user_version = 99");
    check_set_aside(p, "is no store of this version");
    run_sql(p, "UPDATE position SET bytes_read = bytes_read + 1 WHERE n = 3");
    check_set_aside(p, "is damaged");
    run_sql(p, "DELETE FROM note WHERE n = 1");
    check_set_aside(p, "is damaged");
    run_sql(p, "UPDATE meta SET value = value + 1 WHERE name = 'seq'");
    check_set_aside(p, "is damaged");
    run_sql(p, "DROP TABLE note");
    assert_int_equal(count_files(p, "damaged-", false) >= 6, 1);
    store_done(&s);
}

/* Bits of the file turned over: what is read then is right, or set aside. */
static void no_damage_gives_a_wrong_position(void **state)
{
    const struct place *p = *state;
    struct store s;
    make_store(&s, 12);
    save(p, &s);
    struct buf good = read_file(p->path);
    assert_true(good.len > 4096);
    for (size_t at = 0; at < good.len; at += 1 + at % 7) {
        struct store_file *f = NULL;
        struct store back = {0};
        good.data[at] ^= (char)(1 << at % 8);
        write_file(p->path, buf_span(&good));
        good.data[at] ^= (char)(1 << at % 8);
        int r = store_open(&f, p->path, &back, NULL);
        store_close(f);
        bool is_empty = back.n_positions + back.n_notes == 0;
        if (r == 0 && !is_empty && !same_store(&s, &back)) {
            fail_msg("byte %zu", at);
        }
        store_done(&back);
        count_files(p, "damaged-", true);
        count_files(p, "-wal", true);
        count_files(p, "-shm", true);
    }
    buf_done(&good);
    store_done(&s);
}

static void a_file_that_is_moved_away_is_made_anew(void **state)
{
    const struct place *p = *state;
    struct store_file *f = NULL;
    struct store s, old = {0}, back;
    make_store(&s, 1);
    assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
    assert_int_equal(store_save(f, &s, NULL), 0);
    count_files(p, "teapotd.db", true);
    s.seq = 2;
    assert_int_equal(store_save(f, &s, NULL), 0);
    store_close(f);
    load(p, &back, NULL);
    assert_true(same_store(&s, &back));
    store_done(&s);
    store_done(&back);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct store s = {0};
    struct store_file *f = NULL;
    struct problem why = {0};
    assert_int_equal(store_open(&f, "/nowhere/at/all", &s, &why), -ENOENT);
    assert_null(f);
    assert_string_equal(why.file, "/nowhere/at/all");
    assert_string_equal(why.text, "can't open the store: No such file or directory");
}

static void a_folder_in_its_place_is_an_error_and_left_alone(void **state)
{
    const struct place *p = *state;
    struct store s = {0};
    struct store_file *f = NULL;
    struct problem why = {0};
    assert_int_equal(mkdir(p->path, 0700), 0);
    assert_int_equal(store_open(&f, p->path, &s, &why), -EISDIR);
    assert_int_equal(rmdir(p->path), 0);
}

/* No room: nothing changes, and the next one that succeeds has all of it. */
static void when_writing_fails_the_old_checkpoint_stays(void **state)
{
    const struct place *p = *state;
    struct store_file *f = NULL;
    struct store s, old = {0}, back;
    struct problem why = {0};
    make_store(&s, 1);
    assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
    assert_int_equal(store_save(f, &s, &why), 0);
    for (uint64_t i = 0; i < 2000; i++) {
        add(&s, "site", "/a/long/path/of/a/file.log", i + 100);
    }
    s.seq = 2;
    struct rlimit was, small;
    getrlimit(RLIMIT_FSIZE, &was);
    small = (struct rlimit){65536, was.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int r = store_save(f, &s, &why);
    load(p, &back, NULL);
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, before);
    assert_int_not_equal(r, 0);
    assert_non_null(strstr(why.text, "can't save: "));
    assert_int_equal(back.seq, 1);
    store_done(&back);
    assert_int_equal(store_save(f, &s, NULL), 0);
    store_close(f);
    load(p, &back, NULL);
    assert_true(same_store(&s, &back));
    store_done(&s);
    store_done(&back);
}

/* The lock is the process's, so another one must try. */
static void a_store_is_one_processes_alone(void **state)
{
    const struct place *p = *state;
    struct store_file *f = NULL;
    struct store s = {0};
    struct problem why = {0};
    int pipes[2], status = 0;
    char ready = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store_file *own = NULL;
        struct store theirs = {0};
        int r = store_open(&own, p->path, &theirs, NULL);
        ready = (char)(r == 0);
        if (write(pipes[1], &ready, 1) == 1) {
            pause();
        }
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &ready, 1), 1);
    assert_int_equal(ready, 1);
    assert_int_equal(store_open(&f, p->path, &s, &why), -EBUSY);
    assert_null(f);
    assert_non_null(strstr(why.text, "another teapotd has this store"));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_int_equal(store_open(&f, p->path, &s, &why), 0);
    store_close(f);
    store_done(&s);
    close(pipes[0]);
    close(pipes[1]);
}

enum {
    NOON = 1795348800, /* 2026-11-22T12:00:00Z */
};

/* To be saved at a moment, with so many requests of a minute, and of one an hour later. */
static void make_past(struct store *s, int64_t saved_s, int64_t minute, uint64_t n)
{
    *s = (struct store){.seq = 1, .saved_ms = saved_s * 1000, .history_s = 86400};
    history_add(&s->history, (struct history_count){minute, HISTORY_MINUTE, 0, n});
    history_add(&s->history, (struct history_count){minute, HISTORY_MINUTE, 502, n / 2});
    history_add(&s->history, (struct history_count){minute + 3600, HISTORY_MINUTE, 0, 1});
}

/* All that the file has in steps of that width, as "AT:KIND=COUNT ", in seconds since noon. */
static const char *past(const struct place *p, uint32_t width, int64_t *saved_ms)
{
    static char out[400];
    struct history h = {0};
    size_t len = 0;
    out[0] = '\0';
    assert_int_equal(store_read_history(p->path, width, INT64_MIN, INT64_MAX, &h, saved_ms), 0);
    history_sort(&h);
    for (size_t i = 0; i < h.n; i++) {
        len +=
            (size_t)snprintf(out + len, sizeof(out) - len, "%d:%u=%u ", (int)(h.items[i].at - NOON),
                             h.items[i].kind, (unsigned)h.items[i].count);
    }
    history_done(&h);
    return out;
}

static void history_adds_up_by_minute_and_hour(void **state)
{
    const struct place *p = *state;
    struct store s;
    int64_t saved_ms = 0;
    make_past(&s, NOON + 7200, NOON + 120, 10);
    save(p, &s);
    save(p, &s);
    store_done(&s);
    make_past(&s, NOON + 7201, NOON + 180, 4);
    save(p, &s);
    store_done(&s);
    assert_string_equal(past(p, HISTORY_MINUTE, &saved_ms),
                        "120:0=20 120:502=10 180:0=4 180:502=2 3720:0=2 3780:0=1 ");
    assert_int_equal(saved_ms, (NOON + 7201) * 1000LL);
    assert_string_equal(past(p, HISTORY_HOUR, &saved_ms), "0:0=24 0:502=12 3600:0=3 ");
}

static void old_minutes_go_and_hours_stay(void **state)
{
    const struct place *p = *state;
    struct store s;
    int64_t saved_ms = 0;
    make_past(&s, NOON + 7200, NOON, 10);
    save(p, &s);
    store_done(&s);
    make_past(&s, NOON + 86400 + 60, NOON + 86400, 10); /* kept for a day */
    save(p, &s);
    store_done(&s);
    assert_string_equal(past(p, HISTORY_MINUTE, &saved_ms),
                        "3600:0=1 86400:0=10 86400:502=5 90000:0=1 ");
    assert_string_equal(past(p, HISTORY_HOUR, &saved_ms),
                        "0:0=10 0:502=5 3600:0=1 86400:0=10 86400:502=5 90000:0=1 ");
}

/* The same counts are handed in again, as the service does. */
static void history_is_added_once_though_a_save_failed(void **state)
{
    const struct place *p = *state;
    struct store_file *f = NULL;
    struct store s, old = {0};
    struct problem why = {0};
    int64_t saved_ms = 0;
    make_past(&s, NOON + 7200, NOON, 10);
    save(p, &s);
    assert_int_equal(store_open(&f, p->path, &old, NULL), 0);
    store_done(&old);
    run_sql(p, "CREATE TRIGGER no BEFORE INSERT ON position BEGIN SELECT raise(ABORT, 'no'); END");
    run_sql(p, "CREATE TRIGGER late BEFORE INSERT ON meta BEGIN SELECT raise(ABORT, 'no'); END");
    assert_int_not_equal(store_save(f, &s, &why), 0);
    run_sql(p, "DROP TRIGGER no; DROP TRIGGER late");
    assert_string_equal(past(p, HISTORY_MINUTE, &saved_ms), "0:0=10 0:502=5 3600:0=1 ");
    assert_int_equal(store_save(f, &s, &why), 0);
    assert_string_equal(past(p, HISTORY_MINUTE, &saved_ms), "0:0=20 0:502=10 3600:0=2 ");
    store_done(&s);
    store_close(f);
}

static void a_store_of_the_first_version_gets_a_history(void **state)
{
    const struct place *p = *state;
    struct store s, back;
    int64_t saved_ms = 0;
    make_store(&s, 5);
    for (size_t i = 0; i < s.n_positions; i++) {
        s.positions[i].tail_hash = s.positions[i].tail_len = 0;
        s.positions[i].looked_ms = 0;
    }
    save(p, &s);
    run_sql(p, "DROP TABLE history; ALTER TABLE position DROP COLUMN tail_hash;"
               "ALTER TABLE position DROP COLUMN tail_len;"
               "ALTER TABLE position DROP COLUMN looked_ms; PRAGMA user_version = 1");
    load(p, &back, NULL);
    assert_true(same_store(&s, &back));
    store_done(&s);
    store_done(&back);
    make_past(&s, NOON + 7200, NOON, 10);
    save(p, &s);
    store_done(&s);
    assert_string_equal(past(p, HISTORY_HOUR, &saved_ms), "0:0=10 0:502=5 3600:0=1 ");
}

static void a_store_of_the_second_version_gets_moments_of_logs(void **state)
{
    const struct place *p = *state;
    struct store s, back;
    struct problem why = {0};
    make_store(&s, 5);
    for (size_t i = 0; i < s.n_positions; i++) {
        s.positions[i].looked_ms = 0;
    }
    save(p, &s);
    run_sql(p, "ALTER TABLE position DROP COLUMN looked_ms; PRAGMA user_version = 2");
    load(p, &back, &why);
    assert_string_equal(why.text, "");
    assert_true(same_store(&s, &back));
    back.positions[0].looked_ms = 1795365800001;
    save(p, &back);
    store_done(&s);
    load(p, &s, &why);
    assert_true(same_store(&s, &back));
    store_done(&s);
    store_done(&back);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_of_it_comes_back),
        TEST(a_first_start_finds_nothing),
        TEST(a_position_is_found_before_and_after_saving),
        TEST(each_checkpoint_replaces_the_one_before),
        TEST(notes_of_alerts_may_grow),
        TEST(a_process_that_dies_leaves_the_last_checkpoint),
        TEST(what_is_no_store_is_set_aside),
        TEST(no_damage_gives_a_wrong_position),
        TEST(a_file_that_is_moved_away_is_made_anew),
        TEST(a_folder_that_is_not_there_is_an_error),
        TEST(a_folder_in_its_place_is_an_error_and_left_alone),
        TEST(when_writing_fails_the_old_checkpoint_stays),
        TEST(a_store_is_one_processes_alone),
        TEST(history_adds_up_by_minute_and_hour),
        TEST(old_minutes_go_and_hours_stay),
        TEST(history_is_added_once_though_a_save_failed),
        TEST(a_store_of_the_first_version_gets_a_history),
        TEST(a_store_of_the_second_version_gets_moments_of_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
