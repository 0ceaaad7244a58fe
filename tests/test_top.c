#include "tally/top.h"
#include "tests/tally_same.h"

#include <stdio.h>

enum {
    MANY = 4000, /* names, more than a table holds */
};

/* What was really counted, by number of the name. */
struct truth {
    uint64_t n[MANY][TOP_COLUMNS];
};

static void add(struct top *t, unsigned name, const uint64_t n[TOP_COLUMNS])
{
    char text[32];
    snprintf(text, sizeof text, "name-%u", name);
    top_add(t, span_of(text), n);
}

static const struct top_entry *entry_of(const struct top *t, unsigned name)
{
    char text[32];
    snprintf(text, sizeof text, "name-%u", name);
    for (uint32_t i = 0; i < t->n_entries; i++) {
        if (span_is(top_name(t, &t->entries[i]), text)) {
            return &t->entries[i];
        }
    }
    return NULL;
}

/* A random request of a crowd in which low numbers are frequent. */
static unsigned any_request(uint64_t *random, uint64_t n[TOP_COLUMNS])
{
    uint64_t kind = random_below(random, 10);
    n[TOP_REQUESTS] = 1;
    n[TOP_4XX] = kind == 0;
    n[TOP_5XX] = kind == 1;
    uint64_t width = (uint64_t)1 << random_below(random, 13);
    return (unsigned)(random_below(random, width) % MANY);
}

static void assert_bounds(const struct top *t, const struct truth *truth)
{
    assert_true(t->n_entries <= TOP_NAMES);
    for (unsigned name = 0; name < MANY; name++) {
        const struct top_entry *e = entry_of(t, name);
        for (size_t c = 0; c < TOP_COLUMNS; c++) {
            uint64_t exact = truth->n[name][c];
            uint64_t most = e ? e->n[c] : t->floor[c];
            assert_true(exact <= most);
            assert_true(!e || e->n[c] <= exact + e->error);
        }
    }
}

static void a_small_table_is_exact(void **state)
{
    (void)state;
    static struct truth truth;
    struct top *t = top_new();
    uint64_t random = 31;
    memset(&truth, 0, sizeof truth);
    for (size_t i = 0; i < 20000; i++) {
        uint64_t n[TOP_COLUMNS];
        unsigned name = any_request(&random, n) % TOP_NAMES;
        add(t, name, n);
        for (size_t c = 0; c < TOP_COLUMNS; c++) {
            truth.n[name][c] += n[c];
        }
    }
    assert_bounds(t, &truth);
    for (uint32_t i = 0; i < t->n_entries; i++) {
        assert_int_equal(t->entries[i].error, 0);
    }
    top_free(t);
}

static void the_bounds_hold_over_the_cap_however_it_is_cut(void **state)
{
    (void)state;
    static struct truth truth;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct top *whole = top_new(), *sum = top_new(), *piece = top_new();
        uint64_t random = seed * 104729;
        memset(&truth, 0, sizeof truth);
        for (size_t i = 0; i < 30000; i++) {
            uint64_t n[TOP_COLUMNS];
            unsigned name = any_request(&random, n);
            add(whole, name, n);
            add(piece, name, n);
            for (size_t c = 0; c < TOP_COLUMNS; c++) {
                truth.n[name][c] += n[c];
            }
            if (random_below(&random, 4000) == 0) {
                top_merge(sum, piece);
                top_clear(piece);
            }
        }
        top_merge(sum, piece);
        assert_int_not_equal(whole->floor[TOP_REQUESTS], 0);
        assert_bounds(whole, &truth);
        assert_bounds(sum, &truth);
        top_free(whole);
        top_free(sum);
        top_free(piece);
    }
}

static void errors_decide_where_requests_are_not_counted(void **state)
{
    (void)state;
    struct top *t = top_new();
    for (unsigned i = 0; i < 2 * TOP_NAMES; i++) {
        add(t, i, (uint64_t[]){0, 1, 0});
        if (i < 10) {
            add(t, i, (uint64_t[]){0, 0, 1});
            add(t, i, (uint64_t[]){0, 1, 0});
        }
    }
    assert_int_equal(t->floor[TOP_REQUESTS], 0);
    assert_int_equal(t->floor[TOP_4XX], 2);
    assert_int_equal(t->floor[TOP_5XX], 0);
    for (unsigned i = 0; i < 10; i++) {
        assert_non_null(entry_of(t, i));
        assert_int_equal(entry_of(t, i)->n[TOP_4XX], 2);
        assert_int_equal(entry_of(t, i)->error, 0);
    }
    top_free(t);
}

static void merging_is_exact_and_associative_below_the_cap(void **state)
{
    (void)state;
    struct top *whole = top_new(), *left = top_new(), *right = top_new(), *parts[3];
    for (size_t i = 0; i < 3; i++) {
        parts[i] = top_new();
    }
    uint64_t random = 5;
    for (size_t i = 0; i < 5000; i++) {
        uint64_t n[TOP_COLUMNS];
        unsigned name = any_request(&random, n) % TOP_NAMES;
        add(whole, name, n);
        add(parts[random_below(&random, 3)], name, n);
    }
    top_merge(left, parts[0]);
    top_merge(left, parts[1]);
    top_merge(left, parts[2]);
    top_merge(parts[1], parts[2]);
    top_merge(right, parts[0]);
    top_merge(right, parts[1]);
    assert_same_top(left, whole);
    assert_same_top(right, whole);
    top_free(whole);
    top_free(left);
    top_free(right);
    for (size_t i = 0; i < 3; i++) {
        top_free(parts[i]);
    }
}

static void the_largest_come_in_order_ties_by_name(void **state)
{
    (void)state;
    struct top *t = top_new();
    const struct top_entry *out[8];
    static const unsigned counts[] = {3, 7, 7, 1, 9, 7};
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned n = 0; n < counts[i]; n++) {
            add(t, i, (uint64_t[]){1, i == 3, i == 5 && n == 0});
        }
    }
    assert_int_equal(top_largest(t, false, out, 4), 4);
    assert_true(span_is(top_name(t, out[0]), "name-4"));
    assert_true(span_is(top_name(t, out[1]), "name-1"));
    assert_true(span_is(top_name(t, out[2]), "name-2"));
    assert_true(span_is(top_name(t, out[3]), "name-5"));
    assert_int_equal(top_largest(t, true, out, 8), 2);
    assert_true(span_is(top_name(t, out[0]), "name-5"));
    assert_true(span_is(top_name(t, out[1]), "name-3"));
    assert_int_equal(top_largest(t, false, out, 0), 0);
    assert_int_equal(top_largest(t, false, out, 8), 6);
    top_free(t);
}

static void long_names_are_cut_and_any_byte_may_be_in_one(void **state)
{
    (void)state;
    struct top *t = top_new();
    char name[3 * TOP_NAME_BYTES];
    memset(name, 'x', sizeof name);
    name[1] = '\0';
    top_add(t, (struct span){name, sizeof name}, (uint64_t[]){1, 0, 0});
    name[sizeof name - 1] = 'y';
    top_add(t, (struct span){name, sizeof name}, (uint64_t[]){1, 0, 0});
    assert_int_equal(t->n_entries, 1);
    assert_int_equal(t->entries[0].n[TOP_REQUESTS], 2);
    assert_int_equal(t->entries[0].len, TOP_NAME_BYTES);
    top_free(t);
}

/* Whatever is remembered of names that were met last, and however they are compared. */
static void names_that_differ_in_one_byte_are_kept_apart(void **state)
{
    (void)state;
    static const uint64_t columns[TOP_COLUMNS] = {1, 0, 1};
    for (size_t len = 1; len <= 40; len++) {
        char name[40];
        memset(name, 'n', sizeof name);
        struct top *t = top_new();
        for (size_t at = 0; at < len; at++) {
            name[at] = 'o';
            top_add_request(t, (struct span){name, len});
            top_add(t, (struct span){name, len}, columns);
            name[at] = 'n';
            top_add_request(t, (struct span){name, len});
        }
        assert_int_equal(t->n_entries, len + 1);
        for (size_t i = 0; i < t->n_entries; i++) {
            bool is_plain = span_find(top_name(t, &t->entries[i]), 'o') == len;
            assert_int_equal(t->entries[i].n[TOP_REQUESTS], is_plain ? len : 2);
            assert_int_equal(t->entries[i].n[TOP_5XX], !is_plain);
        }
        top_free(t);
    }
}

static void a_cleared_table_is_empty(void **state)
{
    (void)state;
    struct top *t = top_new();
    for (unsigned i = 0; i < 2 * TOP_NAMES; i++) {
        add(t, i, (uint64_t[]){1, 1, 1});
    }
    top_clear(t);
    assert_int_equal(t->n_entries, 0);
    add(t, 7, (uint64_t[]){1, 0, 0});
    assert_int_equal(entry_of(t, 7)->n[TOP_REQUESTS], 1);
    assert_int_equal(entry_of(t, 7)->n[TOP_4XX], 0);
    assert_int_equal(entry_of(t, 7)->error, 0);
    top_free(t);
    top_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_table_is_exact),
        cmocka_unit_test(the_bounds_hold_over_the_cap_however_it_is_cut),
        cmocka_unit_test(errors_decide_where_requests_are_not_counted),
        cmocka_unit_test(merging_is_exact_and_associative_below_the_cap),
        cmocka_unit_test(the_largest_come_in_order_ties_by_name),
        cmocka_unit_test(long_names_are_cut_and_any_byte_may_be_in_one),
        cmocka_unit_test(names_that_differ_in_one_byte_are_kept_apart),
        cmocka_unit_test(a_cleared_table_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
