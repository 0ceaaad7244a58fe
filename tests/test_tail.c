#define _XOPEN_SOURCE 700 /* symlink and the like */

#include "input/parked.h"
#include "tail_world.h"

#include <sys/resource.h>

static void lines_that_are_there_and_lines_that_come_are_read(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    assert_int_equal(world_source(w, "a.log")->found, 1);
    assert_int_equal(world_source(w, "a.log")->text.len, 0);
    world_expect(w, "a.log", "one\ntwo\n");
    world_write(w, "a.log", "three\n");
    world_expect(w, "a.log", "one\ntwo\nthree\n");
    assert_string_equal(w->errors.data ? w->errors.data : "", "");
}

static void half_a_line_waits_for_its_end(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\nha");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_settle(w);
    struct tail_file *f = tail_each(w->tail, NULL);
    assert_int_equal(tail_file_position(f).offset, 4);
    assert_int_equal(tail_file_lag(f), 2);
    assert_true(tail_file_is_caught_up(f));
    world_write(w, "a.log", "l");
    world_look(w);
    world_write(w, "a.log", "f\nnext\n");
    world_expect(w, "a.log", "one\nhalf\nnext\n");
    assert_int_equal(tail_file_lag(f), 0);
}

static void a_truncated_file_is_read_from_its_start(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\nhalf");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", "3\n");
    world_expect(w, "a.log", "one\ntwo\n3\n");
    struct world_source *source = world_source(w, "a.log");
    assert_int_equal(source->truncated, 1);
    assert_int_equal(source->lost_bytes, 4);
    assert_int_equal(source->rotated, 0);
}

static void a_file_that_was_truncated_and_grew_beyond_is_known_by_its_head(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    world_settle(w);
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", "three and a bit more\nfour\n");
    world_expect(w, "a.log", "one\ntwo\nthree and a bit more\nfour\n");
    assert_int_equal(world_source(w, "a.log")->truncated, 1);
}

/* A head that all files of a server share, as long as the fingerprint of the head. */
static char *same_head(void)
{
    return alloc_printf("#Fields: %0*d\n", TAIL_HEAD_BYTES, 0);
}

static void a_file_that_grew_beyond_with_the_same_head_is_known_by_what_was_read_last(void **state)
{
    struct world *w = *state;
    char *head = same_head(), *both;
    world_write(w, "a.log", head);
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    both = alloc_printf("%sone\ntwo\n", head);
    world_expect(w, "a.log", both);
    free(both);
    world_settle(w);
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", head);
    world_write(w, "a.log", "three\nfour\nfive\n");
    both = alloc_printf("%sone\ntwo\n%sthree\nfour\nfive\n", head, head);
    world_expect(w, "a.log", both);
    assert_int_equal(world_source(w, "a.log")->truncated, 1);
    free(both);
    free(head);
}

static void a_file_that_was_rewritten_at_the_same_size_is_read_again(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    world_settle(w);
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", "six\nten\n");
    world_expect(w, "a.log", "one\ntwo\nsix\nten\n");
}

static void a_hole_after_truncation_is_passed_over(void **state)
{
    struct world *w = *state;
    char *path = world_path(w, "a.log");
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_int_equal(write(fd, "one\ntwo\n", 8), 8);
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    world_settle(w);
    /* A writer that does not append goes on at its own offset. */
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(write(fd, "three\n", 6), 6);
    world_expect(w, "a.log", "one\ntwo\nthree\n");
    assert_int_equal(tail_file_framer(tail_each(w->tail, NULL))->nul_bytes, 8);
    close(fd);
    free(path);
}

static void files_that_a_glob_finds_later_are_read_from_their_start(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "old\n");
    world_start(w, (const char *const[]){"*.log", NULL}, (struct tail_options){.from_end = true});
    world_settle(w);
    world_write(w, "b.log", "b1\n");
    world_write(w, "a.log", "a2\n");
    world_write(w, "b.txt", "no\n");
    world_write(w, ".c.log", "no\n");
    world_expect(w, "b.log", "b1\n");
    world_expect(w, "a.log", "a2\n");
    assert_int_equal(w->n_sources, 2);
}

static void from_the_end_a_line_that_is_not_complete_counts_as_new(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "old\nha");
    world_write(w, "b.log", "ha");
    world_start(w, (const char *const[]){"a.log", "b.log", NULL},
                (struct tail_options){.from_end = true});
    world_settle(w);
    world_write(w, "a.log", "lf\n");
    world_write(w, "b.log", "lf\n");
    world_expect(w, "a.log", "half\n");
    world_expect(w, "b.log", "half\n");
}

static void exclusions_hold_for_the_start_and_later(void **state)
{
    struct world *w = *state;
    char *by_path = world_path(w, "*d.log");
    const char *const exclude[] = {"*.gz", by_path, NULL};
    world_write(w, "a.log", "a\n");
    world_write(w, "a.log.gz", "no\n");
    world_start(w, (const char *const[]){"*.log*", NULL},
                (struct tail_options){.exclude = exclude});
    free(by_path);
    world_expect(w, "a.log", "a\n");
    world_write(w, "b.log.gz", "no\n");
    world_write(w, "d.log", "no\n");
    world_write(w, "e.log", "e\n");
    world_expect(w, "e.log", "e\n");
    world_look(w);
    assert_int_equal(w->n_sources, 2);
}

static void names_with_wildcards_in_them_can_be_given(void **state)
{
    struct world *w = *state;
    world_write(w, "a[1].log", "x\n");
    world_write(w, "a1.log", "y\n");
    world_follow(w, "a[1].log");
    world_expect(w, "a[1].log", "x\n");
    world_expect(w, "a1.log", "y\n");
}

/* Keeps the positions of all files, as a checkpoint does. */
static void stop_and_store(struct world *w)
{
    w->n_stored = 0;
    for (struct tail_file *f = tail_each(w->tail, NULL); f; f = tail_each(w->tail, f)) {
        w->stored[w->n_stored++] = tail_file_position(f);
    }
    world_stop(w);
}

static void follow_stored(struct world *w, const char *name)
{
    world_start(w, (const char *const[]){name, NULL},
                (struct tail_options){.position_of = world_position_of});
}

static void reading_goes_on_at_a_stored_position(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\nha");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    stop_and_store(w);
    assert_int_equal(w->stored[0].offset, 8);
    assert_int_equal(w->stored[0].head_len, 8);
    world_write(w, "a.log", "lf\nthree\n");
    follow_stored(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\nhalf\nthree\n");
    /* The head has grown with the offset. */
    world_settle(w);
    assert_int_equal(tail_file_position(tail_each(w->tail, NULL)).head_len, 19);
}

static void a_stored_position_of_another_content_is_not_used(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    stop_and_store(w);
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", "xne\ntwo\nthree\n");
    follow_stored(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\nxne\ntwo\nthree\n");
}

static void a_stored_position_is_not_used_where_only_the_head_is_the_same(void **state)
{
    struct world *w = *state;
    char *head = same_head();
    char *once = alloc_printf("%sone\ntwo\n", head);
    char *both = alloc_printf("%sone\ntwo\n%sthree\nfour\nfive\n", head, head);
    world_write(w, "a.log", once);
    world_follow(w, "a.log");
    world_expect(w, "a.log", once);
    stop_and_store(w);
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", head);
    world_write(w, "a.log", "three\nfour\nfive\n");
    follow_stored(w, "a.log");
    world_expect(w, "a.log", both);
    free(head);
    free(once);
    free(both);
}

static void a_stored_position_behind_the_end_is_not_used(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    stop_and_store(w);
    w->stored[0].head_len = 4;
    w->stored[0].head_hash = span_hash(SPAN("one\n"));
    world_truncate(w, "a.log", 4);
    follow_stored(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\none\n");
}

static void a_stored_position_without_a_head_is_not_used(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\ntwo\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\n");
    stop_and_store(w);
    w->stored[0].head_len = 0;
    follow_stored(w, "a.log");
    world_expect(w, "a.log", "one\ntwo\none\ntwo\n");
}

static void a_restart_inside_a_long_line_skips_its_rest(void **state)
{
    struct world *w = *state;
    char *big = alloc_printf("%0*d", 300000, 1);
    world_write(w, "a.log", big);
    world_follow(w, "a.log");
    world_settle(w);
    assert_int_equal(world_source(w, "a.log")->text.len, FRAMER_LINE_BYTES + 1);
    stop_and_store(w);
    assert_int_equal(w->stored[0].offset, 300000);
    buf_clear(&world_source(w, "a.log")->text);
    world_write(w, "a.log", "rest\nnext\n");
    follow_stored(w, "a.log");
    world_expect(w, "a.log", "next\n");
    free(big);
}

static void a_missing_name_is_told_once_and_found_when_it_comes(void **state)
{
    struct world *w = *state;
    world_follow(w, "later/a.log");
    char *folder = world_path(w, "later");
    assert_non_null(strstr(w->errors.data, "later/a.log:ENOENT "));
    assert_non_null(strstr(w->errors.data, "later/:ENOENT "));
    size_t told = w->errors.len;
    world_look(w);
    assert_int_equal(w->errors.len, told);
    assert_int_equal(mkdir(folder, 0755), 0);
    world_write(w, "later/a.log", "here\n");
    world_expect(w, "later/a.log", "here\n");
    free(folder);
}

static void a_folder_that_is_made_anew_is_watched_anew(void **state)
{
    struct world *w = *state;
    char *folder = world_path(w, "d");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(mkdir(folder, 0755), 0);
        world_write(w, "d/a.log", i == 0 ? "0\n" : i == 1 ? "1\n" : "2\n");
        if (i == 0) {
            world_follow(w, "d/*.log");
        }
        world_expect(w, "d/a.log", i == 0 ? "0\n" : i == 1 ? "0\n1\n" : "0\n1\n2\n");
        world_unlink(w, "d/a.log");
        assert_int_equal(rmdir(folder), 0);
    }
    free(folder);
}

static void folders_that_a_glob_finds_are_followed(void **state)
{
    struct world *w = *state;
    char *folder = world_path(w, "site1");
    world_follow(w, "site*/access.log");
    world_look(w);
    assert_int_equal(mkdir(folder, 0755), 0);
    world_write(w, "site1/access.log", "x\n");
    world_expect(w, "site1/access.log", "x\n");
    free(folder);
}

static void a_folder_or_a_fifo_is_an_error_where_it_is_named(void **state)
{
    struct world *w = *state;
    char *folder = world_path(w, "d.log"), *fifo = world_path(w, "f.log");
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    world_start(w, (const char *const[]){"d.log", "f.log", NULL}, (struct tail_options){0});
    world_look(w);
    assert_string_equal(w->errors.data, "d.log:EISDIR f.log:EINVAL ");
    free(folder);
    free(fifo);
}

static void a_file_that_may_not_be_read_is_told_once_and_tried_again(void **state)
{
    struct world *w = *state;
    if (geteuid() == 0) {
        print_message("[  SKIP  ] root may read everything\n");
        skip();
    }
    char *path = world_path(w, "a.log");
    world_write(w, "a.log", "one\n");
    assert_int_equal(chmod(path, 0), 0);
    world_follow(w, "a.log");
    world_look(w);
    assert_string_equal(w->errors.data, "a.log:EACCES ");
    assert_int_equal(chmod(path, 0644), 0);
    world_expect(w, "a.log", "one\n");
    /* What is open is read on. */
    assert_int_equal(chmod(path, 0200), 0);
    world_write(w, "a.log", "two\n");
    world_expect(w, "a.log", "one\ntwo\n");
    assert_string_equal(w->errors.data, "a.log:EACCES ");
    free(path);
}

static void when_descriptors_run_out_files_are_opened_later(void **state)
{
    struct world *w = *state;
    struct rlimit old, small;
    world_write(w, "a.log", "one\n");
    getrlimit(RLIMIT_NOFILE, &old);
    world_follow(w, "none.log");
    world_look(w);
    buf_clear(&w->errors);
    world_stop(w);
    int lowest = dup(0);
    close(lowest);
    small = (struct rlimit){(rlim_t)lowest, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &small);
    world_follow(w, "a.log");
    setrlimit(RLIMIT_NOFILE, &old);
    assert_non_null(strstr(w->errors.data, "a.log:EMFILE "));
    world_expect(w, "a.log", "one\n");
}

enum {
    MANY = 40,
};

/* Has one file of many written to, renamed, truncated after a copy, and sees that all of it is
 * read. */
static void with_few_descriptors_many_files_are_followed(void **state)
{
    struct world *w = *state;
    struct rlimit old, small;
    char name[32], text[32], want[MANY][128] = {""};
    unsigned next = 7;
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "f%02d.log", i);
        snprintf(text, sizeof text, "first of %d\n", i);
        world_write(w, name, text);
        strcat(want[i], text);
    }
    getrlimit(RLIMIT_NOFILE, &old);
    int lowest = dup(0);
    close(lowest);
    small = (struct rlimit){(rlim_t)lowest + PARKED_RESERVE + 12, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &small);
    world_start(w, (const char *const[]){"*.log", NULL}, (struct tail_options){0});
    for (int round = 0; round < 4; round++) {
        for (int n = 0; n < MANY; n++) {
            int i = (int)((next = next * 13 + 5) % MANY);
            snprintf(name, sizeof name, "f%02d.log", i);
            snprintf(text, sizeof text, "%d\n", round);
            if (strlen(want[i]) + 8 < sizeof want[i]) {
                world_write(w, name, text);
                strcat(want[i], text);
            }
        }
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "f%02d.log", i);
            world_expect(w, name, want[i]);
        }
        world_look(w);
        /* One is renamed with an unread line, and goes on under its name. */
        snprintf(name, sizeof name, "f%02d.log", round);
        snprintf(text, sizeof text, "f%02d.log.1", round);
        world_write(w, name, "last\n");
        world_rename(w, name, text);
        world_write(w, name, "new\n");
        strcat(want[round], "last\nnew\n");
        world_expect(w, name, want[round]);
    }
    size_t n_open = 0, n_all = 0;
    for (struct tail_file *f = tail_each(w->tail, NULL); f; f = tail_each(w->tail, f)) {
        n_open += tail_file_fd(f) >= 0;
        n_all++;
    }
    setrlimit(RLIMIT_NOFILE, &old);
    assert_true(n_all >= MANY);
    assert_in_range(n_open, 1, 20);
    assert_int_equal(w->errors.len, 0);
}

static void changes_that_no_event_tells_are_found_by_the_clock(void **state)
{
    struct world *w = *state;
    char *folder = world_path(w, "other"), *a = world_path(w, "a.log");
    char *other = world_path(w, "other/b");
    world_write(w, "a.log", "one\n");
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(link(a, other), 0);
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_settle(w);
    /* inotify tells it in the folder it was written through, which nobody watches. */
    world_write(w, "other/b", "two\n");
    world_expect(w, "a.log", "one\ntwo\n");
    free(folder);
    free(other);
    free(a);
}

static void a_backlog_does_not_starve_the_other_files(void **state)
{
    struct world *w = *state;
    struct buf text = {0};
    while (text.len < 20 * TAIL_CHUNK_BYTES) {
        buf_printf(&text, "%099d\n", 7);
    }
    world_write(w, "a.log", text.data);
    world_write(w, "b.log", "b\n");
    world_start(w, (const char *const[]){"a.log", "b.log", NULL}, (struct tail_options){0});
    world_expect(w, "b.log", "b\n");
    assert_true(world_source(w, "a.log")->text.len < 4 * TAIL_CHUNK_BYTES);
    assert_int_equal(world_source(w, "a.log")->caught_up, 0);
    world_expect(w, "a.log", text.data);
    assert_true(w->largest <= TAIL_CHUNK_BYTES);
    buf_done(&text);
}

static void many_backlogs_leave_the_loop_to_others_between_turns(void **state)
{
    enum {
        FILES = 12,
    };
    struct world *w = *state;
    struct buf text = {0};
    while (text.len < 3 * TAIL_CHUNK_BYTES) {
        buf_printf(&text, "%099d\n", 7);
    }
    for (int i = 0; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "f%02d.log", i);
        world_write(w, name, text.data);
    }
    world_follow(w, "*.log");
    size_t lines = text.len / 100, seen = 0, least = 0;
    while (w->n_lines < FILES * lines) {
        uv_run(&w->loop, UV_RUN_ONCE);
        assert_true((w->n_lines - seen) * 100 < TAIL_TURN_BYTES + TAIL_CHUNK_BYTES);
        seen = w->n_lines;
        for (size_t i = 0; i < w->n_sources; i++) {
            size_t len = w->sources[i].text.len;
            least = i == 0 || len < least ? len : least;
        }
        /* None is two rounds behind another. */
        assert_true(w->sources[0].text.len < least + 2 * TAIL_CHUNK_BYTES);
    }
    for (size_t i = 0; i < w->n_sources; i++) {
        assert_true(span_equal(buf_span(&w->sources[i].text), buf_span(&text)));
    }
    buf_done(&text);
}

static bool has_lent(struct world *w, const void *what)
{
    (void)what;
    return w->lent != NULL;
}

static bool has_rotated(struct world *w, const void *what)
{
    return world_source(w, what)->rotated > 0;
}

/* Writes a backlog to a.log, which `text` is then, and follows it until it is lent. */
static struct tail_file *lend_backlog(struct world *w, struct buf *text)
{
    for (int i = 0; text->len < TAIL_BACKLOG_BYTES + 2 * TAIL_CHUNK_BYTES; i++) {
        buf_printf(text, "%099d\n", i);
    }
    world_write(w, "a.log", text->data);
    w->wants_backlogs = true;
    world_follow(w, "a.log");
    world_wait(w, has_lent, NULL);
    return tail_each(w->tail, NULL);
}

static void a_file_that_is_lent_is_left_alone_until_it_comes_back(void **state)
{
    struct world *w = *state;
    struct buf text = {0}, want = {0};
    struct tail_file *f = lend_backlog(w, &text);
    size_t given = world_source(w, "a.log")->text.len;
    assert_ptr_equal(w->lent, f);
    assert_int_equal(world_source(w, "a.log")->caught_up, 0);
    /* Its successor waits. */
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "next\n");
    world_wait(w, has_rotated, "a.log");
    uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_int_equal(world_source(w, "a.log")->text.len, given);
    assert_true(tail_advance(w->tail, f, text.len - 200));
    assert_int_equal(tail_file_lag(f), 200);
    tail_resume(w->tail, f);
    buf_add(&want, span_head(buf_span(&text), given));
    buf_add(&want, span_after(buf_span(&text), text.len - 200));
    buf_text(&want, "next\n");
    world_expect(w, "a.log", want.data);
    buf_done(&text);
    buf_done(&want);
}

static void a_lent_file_that_was_written_anew_is_known_by_its_head(void **state)
{
    struct world *w = *state;
    struct buf text = {0}, want = {0};
    struct tail_file *f = lend_backlog(w, &text);
    size_t given = world_source(w, "a.log")->text.len;
    assert_true(tail_advance(w->tail, f, given + 100000));
    w->wants_backlogs = false;
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", "x");
    world_write(w, "a.log", text.data);
    assert_false(tail_advance(w->tail, f, given + 200000));
    assert_int_equal(world_source(w, "a.log")->truncated, 1);
    assert_int_equal(tail_file_position(f).offset, 0);
    buf_add(&want, span_head(buf_span(&text), given));
    buf_byte(&want, 'x');
    buf_add(&want, buf_span(&text));
    world_expect(w, "a.log", want.data);
    buf_done(&text);
    buf_done(&want);
}

/* Nothing of it was merged when it was copied and truncated: what was read before it was lent shows
 * which file is the copy. */
static void a_lent_file_that_was_copied_and_truncated_is_read_on_in_its_copy(void **state)
{
    struct world *w = *state;
    struct buf text = {0};
    w->hide_ends = true;
    struct tail_file *f = lend_backlog(w, &text);
    uint64_t given = tail_file_position(f).offset;
    assert_in_range(given, 1, text.len - 1);
    w->wants_backlogs = false;
    world_write(w, "a.log.1", text.data);
    world_truncate(w, "a.log", 0);
    world_write(w, "a.log", "new\n");
    assert_false(tail_advance(w->tail, f, given + 100000));
    assert_int_equal(world_source(w, "a.log")->lost_bytes, 0);
    buf_text(&text, "new\n");
    world_expect(w, "a.log", text.data);
    world_look(w);
    world_look(w);
    world_expect(w, "a.log", text.data);
    buf_done(&text);
}

static void when_all_is_read_the_loop_sleeps(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\nhalf");
    world_write(w, "b.log", "");
    world_follow(w, "*.log");
    world_settle(w);
    assert_int_equal(world_source(w, "a.log")->caught_up, 1);
    assert_int_equal(world_source(w, "b.log")->caught_up, 1);
    world_look(w);
    assert_true(uv_backend_timeout(&w->loop) > 0);
    assert_int_equal(world_source(w, "a.log")->caught_up, 1);
    world_write(w, "a.log", "!\n");
    world_expect(w, "a.log", "one\nhalf!\n");
    assert_int_equal(world_source(w, "a.log")->caught_up, 2);
}

static void stopping_in_a_callback_is_the_last_of_it(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "a\n");
    world_write(w, "b.log", "b\n");
    w->stop_at_once = true;
    world_follow(w, "*.log");
    uv_run(&w->loop, UV_RUN_DEFAULT); /* ends: no handle is left */
    assert_int_equal(world_source(w, "a.log")->text.len, 2);
    assert_int_equal(world_source(w, "b.log")->text.len, 0);
    assert_int_equal(world_source(w, "a.log")->caught_up, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_that_are_there_and_lines_that_come_are_read),
        TEST(half_a_line_waits_for_its_end),
        TEST(a_truncated_file_is_read_from_its_start),
        TEST(a_file_that_was_truncated_and_grew_beyond_is_known_by_its_head),
        TEST(a_file_that_grew_beyond_with_the_same_head_is_known_by_what_was_read_last),
        TEST(a_file_that_was_rewritten_at_the_same_size_is_read_again),
        TEST(a_hole_after_truncation_is_passed_over),
        TEST(files_that_a_glob_finds_later_are_read_from_their_start),
        TEST(from_the_end_a_line_that_is_not_complete_counts_as_new),
        TEST(exclusions_hold_for_the_start_and_later),
        TEST(names_with_wildcards_in_them_can_be_given),
        TEST(reading_goes_on_at_a_stored_position),
        TEST(a_stored_position_of_another_content_is_not_used),
        TEST(a_stored_position_is_not_used_where_only_the_head_is_the_same),
        TEST(a_stored_position_behind_the_end_is_not_used),
        TEST(a_stored_position_without_a_head_is_not_used),
        TEST(a_restart_inside_a_long_line_skips_its_rest),
        TEST(a_missing_name_is_told_once_and_found_when_it_comes),
        TEST(a_folder_that_is_made_anew_is_watched_anew),
        TEST(folders_that_a_glob_finds_are_followed),
        TEST(a_folder_or_a_fifo_is_an_error_where_it_is_named),
        TEST(a_file_that_may_not_be_read_is_told_once_and_tried_again),
        TEST(when_descriptors_run_out_files_are_opened_later),
        TEST(with_few_descriptors_many_files_are_followed),
        TEST(changes_that_no_event_tells_are_found_by_the_clock),
        TEST(a_backlog_does_not_starve_the_other_files),
        TEST(many_backlogs_leave_the_loop_to_others_between_turns),
        TEST(a_file_that_is_lent_is_left_alone_until_it_comes_back),
        TEST(a_lent_file_that_was_written_anew_is_known_by_its_head),
        TEST(a_lent_file_that_was_copied_and_truncated_is_read_on_in_its_copy),
        TEST(when_all_is_read_the_loop_sleeps),
        TEST(stopping_in_a_callback_is_the_last_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
