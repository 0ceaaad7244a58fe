/* "Did you mean": near words are found, far ones are not. */
#include "base/choice.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const words[] = {"combined", "common", "nginx",         "nginx-ingress", "host",
                                    "by",       "json",   "fail-on-alert", "traefik",       NULL};

static void slips_of_a_typist_are_near(void **state)
{
    (void)state;
    static const struct {
        const char *word, *near; /* NULL: none */
    } cases[] = {
        {"cmbined", "combined"},
        {"combinde", "combined"},
        {"COMBINED", "combined"},
        {"comon", "common"},
        {"ngnix", "nginx"},
        {"hots", "host"},
        {"fail_on_alert", "fail-on-alert"},
        {"trae", "traefik"},
        {"nginx-in", "nginx-ingress"},
        {"bx", "by"},
        {"com", NULL},
        {"xyzzy", NULL},
        {"", NULL},
        {"q", NULL},
        {"elephants", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *near = choice_nearest(span_of(cases[i].word), words);
        print_message("%s: %s\n", cases[i].word, near ? near : "none");
        if (cases[i].near) {
            assert_non_null(near);
            assert_string_equal(near, cases[i].near);
        } else {
            assert_null(near);
        }
    }
}

static void a_very_long_word_is_near_to_nothing(void **state)
{
    (void)state;
    static char word[1 << 20];
    memset(word, 'c', sizeof(word));
    assert_null(choice_nearest((struct span){word, sizeof(word)}, words));
}

static void a_word_that_is_there_gives_its_number(void **state)
{
    (void)state;
    assert_int_equal(choice_find(SPAN("nginx"), words, "format", NULL), 2);
    assert_int_equal(choice_find(SPAN("ngin"), words, "format", NULL), -EINVAL);
}

static void the_message_names_the_nearest_or_all(void **state)
{
    (void)state;
    struct problem why = {.file = ""};
    choice_find(SPAN("cmbined"), words, "format", &why);
    assert_string_equal(why.text, "unknown format \"cmbined\"; did you mean \"combined\"?");
    static const char *const two[] = {"begin", "end", NULL};
    choice_find(SPAN(""), two, "start", &why);
    assert_string_equal(why.text, "unknown start \"\"; there is: begin, end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_of_a_typist_are_near),
        cmocka_unit_test(a_very_long_word_is_near_to_nothing),
        cmocka_unit_test(a_word_that_is_there_gives_its_number),
        cmocka_unit_test(the_message_names_the_nearest_or_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
