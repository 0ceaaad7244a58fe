/* Tables: alignment, and what gives way when there is too little room. */
#include "output/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct grid_column columns[] = {{"name", GRID_FLEXIBLE},
                                             {"whose", GRID_EXTRA},
                                             {"count", GRID_NUMBER},
                                             {"share", GRID_OPTIONAL}};

static char *table_of(const char *name, uint64_t count, int width)
{
    struct buf out = {0};
    struct page p = page_over(&out, width, false, false);
    struct grid g = grid_over(&p, columns, 4);
    grid_text(&g, PAGE_PLAIN, SPAN("a"));
    grid_text(&g, PAGE_PLAIN, SPAN("nginx"));
    grid_number(&g, PAGE_PLAIN, 7);
    grid_share(&g, PAGE_PLAIN, 1, 8);
    grid_text(&g, PAGE_PLAIN, span_of(name));
    grid_text(&g, PAGE_PLAIN, SPAN("a-vendor-of-some-length"));
    grid_number(&g, PAGE_PLAIN, count);
    grid_share(&g, PAGE_PLAIN, 1, 2);
    grid_write(&g, &p);
    grid_done(&g);
    return out.data;
}

static void numbers_stand_to_the_right_and_text_to_the_left(void **state)
{
    (void)state;
    char *text = table_of("bb", 1234, 80);
    assert_string_equal(text, "  name  whose                    count   share\n"
                              "  a     nginx                        7  12.5 %\n"
                              "  bb    a-vendor-of-some-length  1,234  50.0 %\n");
    free(text);
}

static void flexible_text_is_cut_first(void **state)
{
    (void)state;
    char *text = table_of("a name that is longer than there is room for it", 1234, 60);
    assert_string_equal(text, "  name                whose                    count   share\n"
                              "  a                   nginx                        7  12.5 %\n"
                              "  a name that is l..  a-vendor-of-some-length  1,234  50.0 %\n");
    free(text);
}

static void then_optional_columns_go_and_numbers_stay_whole(void **state)
{
    (void)state;
    char *text = table_of("a name that is longer", 123456789, 40);
    assert_null(strstr(text, "50.0 %"));
    assert_null(strstr(text, "vendor"));
    assert_non_null(strstr(text, "  123,456,789\n"));
    free(text);
}

static void a_grid_without_rows_has_its_titles(void **state)
{
    (void)state;
    struct buf out = {0};
    struct page p = page_over(&out, 80, false, false);
    struct grid g = grid_over(&p, columns, 4);
    grid_write(&g, &p);
    assert_string_equal(out.data, "  name  whose  count  share\n");
    grid_done(&g);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_to_the_right_and_text_to_the_left),
        cmocka_unit_test(flexible_text_is_cut_first),
        cmocka_unit_test(then_optional_columns_go_and_numbers_stay_whole),
        cmocka_unit_test(a_grid_without_rows_has_its_titles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
