/* Rotation and identity; the rest of following is in test_tail.c. */
#define _XOPEN_SOURCE 700 /* symlink and the like */

#include "tail_world.h"

enum {
    WALKS = 5,
    WALK_STEPS = 400,
};

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

/* Of the files of one log some may be equal to the byte: where the traffic is, and the log has no
 * time, or no more than seconds. */
static void files_that_came_and_went_unseen_are_read_though_they_are_equal(void **state)
{
    struct world *w = *state;
    w->hide_ends = true;
    world_write(w, "a.log", "one\n");
    world_follow(w, "a.log");
    world_expect(w, "a.log", "one\n");
    world_settle(w);
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "up\n");
    world_rename(w, "a.log.1", "a.log.2");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "up\n");
    world_rename(w, "a.log.2", "a.log.3");
    world_rename(w, "a.log.1", "a.log.2");
    world_rename(w, "a.log", "a.log.1");
    world_write(w, "a.log", "up\n");
    world_expect(w, "a.log", "one\nup\nup\nup\n");
    world_look(w);
    world_look(w);
    world_expect(w, "a.log", "one\nup\nup\nup\n");
    /* A name that says nothing of a rotation may be anybody's, but not when it was ours before. */
    world_rename(w, "a.log", "a.log.2");
    world_write(w, "a.log", "up\n");
    world_rename(w, "a.log", "a.log.old");
    world_write(w, "a.log", "last\n");
    world_expect(w, "a.log", "one\nup\nup\nup\nup\nlast\n");
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
    for (int i = 0; i < WALK_STEPS; i++) {
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
        TEST(a_renamed_file_is_read_on_with_its_late_lines),
        TEST(a_rotated_file_that_is_quiet_is_finished_and_closed),
        TEST(without_a_successor_lines_after_the_end_are_still_read),
        TEST(a_deleted_file_is_drained_and_then_let_go),
        TEST(two_rotations_at_once_lose_nothing_that_was_open),
        TEST(files_that_came_and_went_unseen_are_read_though_they_are_equal),
        TEST(a_backlog_of_the_old_file_comes_before_the_new_one),
        TEST(a_file_with_two_names_is_read_once),
        TEST(a_link_that_is_turned_to_another_file_is_a_rotation),
        TEST(a_file_that_goes_and_comes_back_is_not_read_again),
        TEST(a_file_that_was_closed_is_still_known_when_it_comes_back),
        TEST(a_rename_inside_the_glob_is_no_new_file),
        TEST(random_walks_give_each_line_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
