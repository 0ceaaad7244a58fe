/* One chunk: where it begins and ends, and what it needs to know. That chunks together are the
 * whole is what test_scan shows. */
#include "base/alloc.h"
#include "run/chunk.h"
#include "tests/odd_logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t NOW_MS = 1795400000000;

/* Eight lines of JSON, the last without its end, in a file without a name. */
struct trial {
    struct pipeline pipeline;
    struct source *source;
    struct chunk *chunk;
    FILE *file;
    size_t ends[9], n;
};

static void trial_init(struct trial *t, const char *format)
{
    pipeline_init(&t->pipeline, NULL, 0, 15, NULL, NULL);
    t->source = source_new(&t->pipeline, "s", format, "");
    t->chunk = chunk_new(&t->pipeline);
    t->file = tmpfile();
    t->n = 0;
    for (int i = 0; i < 8; i++) {
        fprintf(t->file, "{\"ts\":%d,\"status\":200,\"n\":\"%0*d\"}%s", 1795364000 + i, i + 1, i,
                i < 7 ? "\n" : "");
        t->ends[t->n++] = (size_t)ftell(t->file);
    }
    fflush(t->file);
    t->chunk->fd = fileno(t->file);
    t->chunk->wall_ms = NOW_MS;
}

static void trial_done(struct trial *t)
{
    chunk_free(t->chunk);
    source_free(t->source);
    pipeline_done(&t->pipeline);
    fclose(t->file);
}

/* Reads lines that begin in [from, to) and returns how many were counted. */
static uint64_t lines_of(struct trial *t, size_t from, size_t to)
{
    struct chunk *c = t->chunk;
    c->from = from;
    c->to = to;
    c->at_line = from == 0;
    c->framer = (struct framer){0};
    source_bytes(t->source, &t->source->framer, (struct span){0}, false, NOW_MS);
    uint64_t before = t->source->live->lines;
    chunk_prepare(c, t->source);
    chunk_read(c);
    chunk_take_counts(c, t->source);
    chunk_take_times(c, t->source);
    return t->source->live->lines - before;
}

static void a_line_belongs_to_the_chunk_in_which_it_begins(void **state)
{
    struct trial t;
    (void)state;
    trial_init(&t, "json");
    for (size_t line = 1; line < 7; line++) {
        size_t begin = t.ends[line - 1], end = t.ends[line];
        assert_int_equal(lines_of(&t, begin, begin + 1), 1);
        assert_int_equal(t.chunk->end, end);
        assert_int_equal(lines_of(&t, begin + 1, end), 0);
        assert_int_equal(lines_of(&t, begin - 1, begin), 0);
        assert_int_equal(lines_of(&t, begin - 1, begin + 1), 1);
        assert_int_equal(lines_of(&t, 0, begin + 1), line + 1);
        assert_false(t.chunk->is_end);
    }
    trial_done(&t);
}

static void the_end_of_the_file_ends_a_line_unless_it_may_grow(void **state)
{
    struct trial t;
    (void)state;
    trial_init(&t, "json");
    assert_int_equal(lines_of(&t, t.ends[5], t.ends[6] + 5), 2);
    assert_true(t.chunk->is_end);
    assert_int_equal(t.chunk->end, t.ends[7]);
    t.chunk->may_grow = true;
    assert_int_equal(lines_of(&t, t.ends[5], t.ends[6] + 5), 1);
    assert_true(t.chunk->is_end);
    assert_int_equal(t.chunk->end, t.ends[6]);
    assert_int_equal(lines_of(&t, 1000000, 2000000), 0);
    assert_true(t.chunk->is_end);
    trial_done(&t);
}

static void a_chunk_may_begin_in_a_long_line(void **state)
{
    struct trial t;
    (void)state;
    trial_init(&t, "json");
    struct chunk *c = t.chunk;
    source_bytes(t.source, &t.source->framer, (struct span){0}, false, NOW_MS);
    c->from = t.ends[2] + 3;
    c->to = t.ends[4];
    c->at_line = true;
    c->framer = (struct framer){.skipping = true, .cut = true};
    chunk_prepare(c, t.source);
    chunk_read(c);
    chunk_take_counts(c, t.source);
    assert_int_equal(t.source->live->lines, 1);
    assert_int_equal(t.source->long_lines, 0);
    assert_int_equal(c->end, t.ends[4]);
    trial_done(&t);
}

static void an_error_is_told_and_ends_the_chunk(void **state)
{
    struct trial t;
    (void)state;
    trial_init(&t, "json");
    t.chunk->fd = 1 << 20;
    assert_int_equal(lines_of(&t, 0, 100), 0);
    assert_true(t.chunk->error < 0);
    trial_done(&t);
}

static void what_did_not_fit_leaves_nothing(void **state)
{
    struct trial t;
    (void)state;
    trial_init(&t, "w3c");
    struct chunk *c = t.chunk;
    FILE *file = tmpfile();
    fputs("16:13:20 404\n16:13:21 502\n", file);
    fflush(file);
    c->fd = fileno(file);
    c->from = 0;
    c->to = 1000;
    c->at_line = true;
    source_bytes(t.source, &t.source->framer, (struct span){0}, false, NOW_MS);
    chunk_prepare(c, t.source);
    chunk_read(c); /* no columns are known */
    struct span before = SPAN("#Date: 2026-11-22\n#Fields: time sc-status\n");
    source_bytes(t.source, &t.source->framer, before, false, NOW_MS);
    assert_false(chunk_fits(c, t.source));
    chunk_prepare(c, t.source);
    c->framer = (struct framer){0};
    chunk_read(c);
    assert_true(chunk_fits(c, t.source));
    chunk_take_counts(c, t.source);
    chunk_take_times(c, t.source);
    source_finish(t.source);
    assert_int_equal(t.source->live->requests, 2);
    assert_int_equal(t.source->live->unparsed, 0);
    assert_int_equal(t.source->live->window.clock, 1795364001);
    fclose(file);
    trial_done(&t);
}

static void a_block_that_is_too_short_for_a_vote_needs_more(void **state)
{
    struct trial t;
    (void)state;
    trial_init(&t, "auto");
    struct chunk *c = t.chunk;
    struct buf line = {0};
    odd_combined(&line, 0, 200, 1);
    buf_byte(&line, '\n');
    c->fd = -1;
    c->block = (struct block){.bytes = line.data, .len = line.len};
    assert_false(chunk_vote(c, t.source));
    c->block.is_last = true;
    assert_true(chunk_vote(c, t.source));
    chunk_take_vote(c, t.source);
    assert_string_equal(reader_format(t.source->reader), "combined");
    c->block = (struct block){0};
    buf_done(&line);
    trial_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_belongs_to_the_chunk_in_which_it_begins),
        cmocka_unit_test(the_end_of_the_file_ends_a_line_unless_it_may_grow),
        cmocka_unit_test(a_chunk_may_begin_in_a_long_line),
        cmocka_unit_test(an_error_is_told_and_ends_the_chunk),
        cmocka_unit_test(what_did_not_fit_leaves_nothing),
        cmocka_unit_test(a_block_that_is_too_short_for_a_vote_needs_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
