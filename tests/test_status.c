#include "event/status.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void every_slot_is_found_again_by_its_word(void **state)
{
    (void)state;
    for (uint16_t slot = 0; slot < STATUS_SLOTS; slot++) {
        char text[STATUS_TEXT];
        assert_int_equal(status_slot(span_of(status_text(slot, text))), slot);
    }
}

static void words_of_the_same_number_stay_apart(void **state)
{
    (void)state;
    assert_int_not_equal(status_slot(SPAN("0")), status_slot(SPAN("00")));
    assert_int_not_equal(status_slot(SPAN("0")), status_slot(SPAN("000")));
    assert_int_not_equal(status_slot(SPAN("99")), status_slot(SPAN("099")));
    assert_int_not_equal(status_slot(SPAN("-")), status_slot(SPAN("-1")));
    assert_int_equal(status_slot(SPAN("502")), 502);
    assert_int_equal(status_slot(SPAN("-")), STATUS_DASH);
    assert_int_equal(status_slot(SPAN("-1")), STATUS_MINUS1);
}

static void other_words_have_no_slot(void **state)
{
    static const char *const words[] = {"",    " ",   "2000", "20x", "x20", "-2",
                                        "--1", "+20", "20 ",  " 20", "2.0", "-10"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_int_equal(status_slot(span_of(words[i])), STATUS_NONE);
    }
    assert_int_equal(status_slot((struct span){"2\0"
                                               "4",
                                               3}),
                     STATUS_NONE);
}

static void a_class_is_the_first_digit_from_100_to_599(void **state)
{
    static const struct {
        const char *word, *class;
    } cases[] = {{"100", "1xx"},   {"199", "1xx"},   {"200", "2xx"},   {"308", "3xx"},
                 {"499", "4xx"},   {"500", "5xx"},   {"599", "5xx"},   {"600", "other"},
                 {"999", "other"}, {"099", "other"}, {"000", "other"}, {"99", "other"},
                 {"5", "other"},   {"-", "other"},   {"-1", "other"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum status_class class = status_class(status_slot(span_of(cases[i].word)));
        assert_string_equal(status_class_name(class), cases[i].class);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_is_found_again_by_its_word),
        cmocka_unit_test(words_of_the_same_number_stay_apart),
        cmocka_unit_test(other_words_have_no_slot),
        cmocka_unit_test(a_class_is_the_first_digit_from_100_to_599),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
