#define _XOPEN_SOURCE 700 /* symlink and the like */

#include "tail_world.h"

#include <sys/resource.h>

#ifndef WALKS
#define WALKS 5
#endif

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

static void a_renamed_file_is_read_on_with_its_late_lines(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_write(w, "a.log", "unread\n");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "new\n");
    world_expect(w, "a.log", "one\nunread\nnew\n");
    world_write(w, "a.log.1", "late\n");
    world_expect(w, "a.log", "one\nunread\nnew\nlate\n");
    struct world_source *source = world_source(w, "a.log");
    assert_int_equal(source->found, 1);
    assert_int_equal(source->rotated, 1);
    assert_int_equal(source->lost_bytes, 0);
    assert_int_equal(world_count_files(w), 2);
}

static void a_rotated_file_that_is_quiet_is_finished_and_closed(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\nno end");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "new\n");
    world_expect(w, "a.log", "one\nnew\nno end\n|");
    assert_int_equal(world_count_files(w), 1);
}

static void without_a_successor_lines_after_the_end_are_still_read(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\nno end");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_rename(w, "a.log", "a.log.1");
    world_expect(w, "a.log", "one\nno end\n|");
    world_write(w, "a.log.1", " of it\nlate\n");
    world_expect(w, "a.log", "one\nno end\n|late\n");
}

static void a_deleted_file_is_drained_and_then_let_go(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    char *path = world_path(w, "a.log");
    int fd = open(path, O_WRONLY | O_APPEND);
    free(path);
    world_unlink(w, "a.log");
    world_look(w);
    assert_int_equal(write(fd, "late\n", 5), 5);
    close(fd);
    world_expect(w, "a.log", "one\nlate\n|");
    assert_int_equal(world_count_files(w), 0);
    world_write(w, "a.log", "again\n");
    world_expect(w, "a.log", "one\nlate\n|again\n");
    assert_int_equal(world_source(w, "a.log")->found, 1);
    assert_int_equal(world_source(w, "a.log")->rotated, 1);
}

static void two_rotations_at_once_lose_nothing_that_was_open(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "1\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "1\n");
    world_write(w, "a.log", "2\n");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "3\n");
    world_look(w);
    world_rename(w, "a.log", "a.log.2");
    world_write(w, "a.log", "4\n");
    world_write(w, "a.log.2", "3b\n");
    world_expect(w, "a.log", "1\n2\n3\n3b\n4\n");
}

static void a_backlog_of_the_old_file_comes_before_the_new_one(void **state)
{
    struct world *w = *state;
    struct buf text = {0};
    for (int i = 0; i < 100000; i++) {
        buf_printf(&text, "%07d\n", i);
    }
    world_write(w, "a.log", "first\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "first\n");
    world_write(w, "a.log", text.data);
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "new\n");
    char *want = alloc_printf("first\n%snew\n", text.data);
    world_expect(w, "a.log", want);
    free(want);
    buf_done(&text);
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

static void a_file_with_two_names_is_read_once(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\n");
    char *a = world_path(w, "a.log"), *b = world_path(w, "b.log"), *c = world_path(w, "c.log");
    assert_int_equal(link(a, b), 0);
    assert_int_equal(symlink(a, c), 0);
    world_start(w, (const char *const[]){"*.log", "a.log", "[ab].log", NULL},
                (struct tail_options){0});
    world_expect(w, "a.log", "one\n");
    world_write(w, "b.log", "two\n");
    world_expect(w, "a.log", "one\ntwo\n");
    world_look(w);
    assert_int_equal(w->n_sources, 1);
    assert_int_equal(world_count_files(w), 1);
    /* The second name becomes a file of its own. */
    world_unlink(w, "b.log");
    world_write(w, "b.log", "own\n");
    world_expect(w, "b.log", "own\n");
    world_expect(w, "a.log", "one\ntwo\n");
    free(a);
    free(b);
    free(c);
}

static void a_link_that_is_turned_to_another_file_is_a_rotation(void **state)
{
    struct world *w = *state;
    char *link_path = world_path(w, "current.log"), *fresh = world_path(w, "fresh");
    world_write(w, "day1", "one\n");
    assert_int_equal(symlink("day1", link_path), 0);
    world_follow(w, "current.log");
    world_expect(w, "current.log", "one\n");
    world_write(w, "day1", "two\n");
    world_write(w, "day2", "three\n");
    assert_int_equal(symlink("day2", fresh), 0);
    assert_int_equal(rename(fresh, link_path), 0);
    world_expect(w, "current.log", "one\ntwo\nthree\n");
    world_write(w, "day1", "late\n");
    world_expect(w, "current.log", "one\ntwo\nthree\nlate\n");
    assert_int_equal(world_source(w, "current.log")->rotated, 1);
    free(link_path);
    free(fresh);
}

static void a_file_that_goes_and_comes_back_is_not_read_again(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_rename(w, "a.log", "away");
    world_look(w);
    world_rename(w, "away", "a.log");
    world_write(w, "a.log", "two\n");
    world_expect(w, "a.log", "one\ntwo\n");
    assert_int_equal(world_source(w, "a.log")->found, 1);
    assert_int_equal(world_source(w, "a.log")->rotated, 0);
    assert_int_equal(world_count_files(w), 1);
}

static void a_file_that_was_closed_is_still_known_when_it_comes_back(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_rename(w, "a.log", "away");
    world_write(w, "a.log", "new\n");
    world_expect(w, "a.log", "one\nnew\n|");
    assert_int_equal(world_count_files(w), 1);
    world_write(w, "away", "two\n");
    world_rename(w, "away", "a.log");
    world_expect(w, "a.log", "one\nnew\n|two\n");
}

static void a_rename_inside_the_glob_is_no_new_file(void **state)
{
    struct world *w = *state;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log*");
    world_expect(w, "a.log", "one\n");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "two\n");
    world_expect(w, "a.log", "one\ntwo\n|"); /* and it is closed */
    world_look(w);
    world_rename(w, "a.log.1", "a.log.2");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "three\n");
    world_write(w, "a.log.2", "very late\n");
    world_write(w, "a.log.1", "late\n");
    struct buf *text = &world_source(w, "a.log")->text;
    while (text->len < strlen("one\ntwo\n|three\nlate\nvery late\n")) {
        world_look(w);
    }
    world_look(w);
    assert_int_equal(text->len, strlen("one\ntwo\n|three\nlate\nvery late\n"));
    assert_int_equal(w->n_sources, 1);
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

/* A walk of random actions on a few logs under one glob, against what must come of it: each line
 * once. */
struct walk {
    struct world *w;
    uint32_t seed;
    unsigned n_lines;     /* written so far, numbered from 0 */
    unsigned generations; /* files that were renamed */
    char half[3][32];     /* what is still to be written of a line */
};

static unsigned draw(struct walk *k, unsigned below)
{
    k->seed = k->seed * 1664525U + 1013904223U;
    return (k->seed >> 8) % below;
}

static void end_half_line(struct walk *k, unsigned log, const char *name)
{
    world_write(k->w, name, k->half[log]);
    k->half[log][0] = '\0';
}

static void write_some(struct walk *k, unsigned log, const char *name)
{
    struct buf text = {0};
    end_half_line(k, log, name);
    for (unsigned n = draw(k, 50) == 0 ? 20000 : draw(k, 5); n; n--) {
        buf_printf(&text, "line %u\n", k->n_lines++);
    }
    if (draw(k, 3) == 0) {
        buf_text(&text, "line ");
        snprintf(k->half[log], sizeof(k->half[log]), "%u\n", k->n_lines++);
    }
    if (text.len) {
        world_write(k->w, name, text.data);
    }
    buf_done(&text);
}

static bool has_all_lines(struct world *w, const void *what)
{
    const struct walk *k = what;
    size_t halves = 0;
    for (size_t i = 0; i < 3; i++) {
        halves += k->half[i][0] != '\0';
    }
    return w->n_lines >= k->n_lines - halves;
}

static void act(struct walk *k)
{
    static const char *const names[] = {"a.log", "b.log", "c.log"};
    unsigned log = draw(k, 3);
    const char *name = names[log];
    char other[64];
    snprintf(other, sizeof(other), "%s.%u", name, ++k->generations);
    switch (draw(k, 12)) {
    case 0: /* rename and create, perhaps with a line whose end is written after that */
        world_write(k->w, name, "");
        world_rename(k->w, name, other);
        world_write(k->w, name, "");
        end_half_line(k, log, other);
        break;
    case 1: /* truncate, with all of it read */
        end_half_line(k, log, name);
        world_wait(k->w, has_all_lines, k);
        world_truncate(k->w, name, 0);
        break;
    case 2: /* delete, with all of it read: its inode may come again at once */
        end_half_line(k, log, name);
        world_wait(k->w, has_all_lines, k);
        world_unlink(k->w, name);
        world_write(k->w, name, "");
        break;
    case 3: tail_look(k->w->tail); break;
    case 4:
    case 5:
    case 6: uv_run(&k->w->loop, UV_RUN_NOWAIT); break;
    default: write_some(k, log, name);
    }
}

static void check_once(struct world *w, unsigned n_lines)
{
    unsigned char *seen = alloc_zero(n_lines, 1);
    for (size_t i = 0; i < w->n_sources; i++) {
        struct span rest = buf_span(&w->sources[i].text);
        while (rest.len) {
            size_t end = span_find(rest, '\n');
            struct span line = span_head(rest, end);
            uint64_t number = 0;
            bool is_line = span_starts(line, SPAN("line ")) &&
                           span_to_u64(span_after(line, 5), &number) && number < n_lines;
            if (!is_line || seen[number]++) {
                fail_msg("%s: line \"%.*s\" is wrong or doubled", w->sources[i].name, (int)line.len,
                         line.ptr);
            }
            rest = span_after(rest, end + 1);
        }
    }
    for (unsigned i = 0; i < n_lines; i++) {
        if (!seen[i]) {
            fail_msg("line %u is lost", i);
        }
    }
    free(seen);
}

static void walk(struct world *w, uint32_t seed)
{
    static const char *const names[] = {"a.log", "b.log", "c.log"};
    struct walk k = {.w = w, .seed = seed};
    for (size_t i = 0; i < 3; i++) {
        world_write(w, names[i], "");
    }
    world_follow(w, "?.log*");
    for (int i = 0; i < 400; i++) {
        act(&k);
    }
    for (unsigned i = 0; i < 3; i++) {
        end_half_line(&k, i, names[i]);
    }
    world_wait(w, has_all_lines, &k);
    world_look(w);
    check_once(w, k.n_lines);
}

static void random_walks_give_each_line_once(void **state)
{
    struct world *w = *state;
    w->hide_ends = true;
    for (uint32_t seed = 1; seed <= WALKS; seed++) {
        walk(w, seed);
        world_stop(w);
        world_forget(w);
        world_remove_folder(w->folder);
        assert_int_equal(mkdir(w->folder, 0755), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_that_are_there_and_lines_that_come_are_read),
        TEST(half_a_line_waits_for_its_end),
        TEST(a_renamed_file_is_read_on_with_its_late_lines),
        TEST(a_rotated_file_that_is_quiet_is_finished_and_closed),
        TEST(without_a_successor_lines_after_the_end_are_still_read),
        TEST(a_deleted_file_is_drained_and_then_let_go),
        TEST(two_rotations_at_once_lose_nothing_that_was_open),
        TEST(a_backlog_of_the_old_file_comes_before_the_new_one),
        TEST(a_truncated_file_is_read_from_its_start),
        TEST(a_file_that_was_truncated_and_grew_beyond_is_known_by_its_head),
        TEST(a_file_that_was_rewritten_at_the_same_size_is_read_again),
        TEST(a_hole_after_truncation_is_passed_over),
        TEST(files_that_a_glob_finds_later_are_read_from_their_start),
        TEST(from_the_end_a_line_that_is_not_complete_counts_as_new),
        TEST(exclusions_hold_for_the_start_and_later),
        TEST(names_with_wildcards_in_them_can_be_given),
        TEST(reading_goes_on_at_a_stored_position),
        TEST(a_stored_position_of_another_content_is_not_used),
        TEST(a_stored_position_behind_the_end_is_not_used),
        TEST(a_stored_position_without_a_head_is_not_used),
        TEST(a_restart_inside_a_long_line_skips_its_rest),
        TEST(a_file_with_two_names_is_read_once),
        TEST(a_link_that_is_turned_to_another_file_is_a_rotation),
        TEST(a_file_that_goes_and_comes_back_is_not_read_again),
        TEST(a_file_that_was_closed_is_still_known_when_it_comes_back),
        TEST(a_rename_inside_the_glob_is_no_new_file),
        TEST(a_missing_name_is_told_once_and_found_when_it_comes),
        TEST(a_folder_that_is_made_anew_is_watched_anew),
        TEST(folders_that_a_glob_finds_are_followed),
        TEST(a_folder_or_a_fifo_is_an_error_where_it_is_named),
        TEST(a_file_that_may_not_be_read_is_told_once_and_tried_again),
        TEST(when_descriptors_run_out_files_are_opened_later),
        TEST(a_backlog_does_not_starve_the_other_files),
        TEST(when_all_is_read_the_loop_sleeps),
        TEST(stopping_in_a_callback_is_the_last_of_it),
        TEST(random_walks_give_each_line_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
