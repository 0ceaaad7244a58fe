/* The dictionary is a table that people edit by hand: most of these walk all of it. */
#include "codes/codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct code *entry(const char *word, const char *owner)
{
    size_t i = codes_count();
    if (!codes_find(status_slot(span_of(word)), span_of(owner), &i)) {
        fail_msg("no entry for %s of %s", word, owner);
    }
    return codes_at(i);
}

static void every_entry_has_the_slot_of_its_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < codes_count(); i++) {
        assert_int_equal(codes_at(i)->status, status_slot(span_of(codes_at(i)->code)));
        assert_true(codes_at(i)->status < STATUS_SLOTS);
    }
}

static void entries_are_sorted_by_word(void **state)
{
    (void)state;
    for (size_t i = 1; i < codes_count(); i++) {
        if (strcmp(codes_at(i - 1)->code, codes_at(i)->code) > 0) {
            fail_msg("%s stands before %s", codes_at(i - 1)->code, codes_at(i)->code);
        }
    }
}

static void every_entry_is_found_by_status_and_owner(void **state)
{
    (void)state;
    for (size_t i = 0; i < codes_count(); i++) {
        size_t found = codes_count();
        assert_true(codes_find(codes_at(i)->status, span_of(codes_at(i)->owner), &found));
        assert_int_equal(found, i);
        assert_true(codes_is_owner(span_of(codes_at(i)->owner)));
    }
}

static void what_is_not_in_the_book_is_not_found(void **state)
{
    static const struct {
        uint16_t status;
        const char *owner;
    } cases[] = {
        {299, "ietf"},
        {499, "ngin"},
        {499, "nginxx"},
        {499, ""},
        {499, "NGINX"},
        {200, "nginx"},
        {1012, "ietf"},
        {STATUS_NONE, "ietf"},
        {STATUS_SLOTS, "apache"},
        {STATUS_NONE, "apache"}, /* status_text would read it as "-", which Apache has */
    };
    size_t index = 4711;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (codes_find(cases[i].status, span_of(cases[i].owner), &index)) {
            fail_msg("found %u of \"%s\"", cases[i].status, cases[i].owner);
        }
    }
    assert_int_equal(index, 4711);
}

static void all_owners_of_a_code_stand_in_a_row(void **state)
{
    static const char *const owners[] = {
        "caddy",           "cloudflare", "esri",
        "google",          "heroku",     "microsoft-aspnet",
        "microsoft-azure", "nginx",      "tencent-edgeone",
        "traefik",
    };
    size_t first = 0;
    (void)state;
    assert_int_equal(codes_of(499, &first), sizeof(owners) / sizeof(owners[0]));
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        assert_int_equal(codes_at(first + i)->status, 499);
        assert_string_equal(codes_at(first + i)->owner, owners[i]);
    }
}

static void a_status_without_entries_has_none(void **state)
{
    size_t first = 4711;
    (void)state;
    assert_int_equal(codes_of(299, &first), 0);
    assert_int_equal(codes_of(427, &first), 0);
    assert_int_equal(codes_of(STATUS_NONE, &first), 0);
    assert_int_equal(first, 4711);
}

static void zeros_of_different_length_are_different_codes(void **state)
{
    (void)state;
    assert_string_equal(entry("0", "squid")->code, "0");
    assert_string_equal(entry("000", "squid")->code, "000");
    assert_ptr_not_equal(entry("0", "squid"), entry("000", "squid"));
    assert_string_equal(entry("009", "nginx")->name, "HTTP/0.9 Without Status");
    assert_string_equal(entry("-1", "haproxy")->name, "No Response");
    assert_string_equal(entry("-", "nginx")->name, "No Upstream Status");
}

static void facts_stand_in_their_columns(void **state)
{
    static const struct {
        const char *word, *owner, *name, *kind, *blame, *spec;
    } cases[] = {
        {"200", "ietf", "OK", "standard", "none", "RFC 9110 s15.3.1"},
        {"413", "ietf", "Content Too Large", "standard", "client", "RFC 9110 s15.5.14"},
        {"418", "ietf", "I'm a teapot", "reserved", "client",
         "RFC 2324 s2.3.2; RFC 7168 s2.3.3; RFC 9110 s15.5.19"},
        {"104", "ietf", "Upload Resumption Supported", "experimental", "none",
         "draft-ietf-httpbis-resumable-upload"},
        {"510", "ietf", "Not Extended", "deprecated", "client", "RFC 2774 s7"},
        {"495", "nginx", "SSL Certificate Error", "internal", "auth",
         "nginx/nginx src/http/ngx_http_request.h; ngx_http_special_response.c"},
        {"523", "cloudflare", "Origin Is Unreachable", "unofficial", "network",
         "cloudflare/cloudflare-docs src/content/docs/support/troubleshooting/http-status-codes/"
         "cloudflare-5xx-errors/error-523.mdx"},
        {"527", "cloudflare", "Railgun Error", "deprecated", "edge",
         "seed; gone from the current vendor list"},
        {"449", "microsoft-exchange", "Provisioning Required", "unofficial", "client",
         "[MS-ASHTTP], [MS-ASPROV]"},
        {"-", "aws-elb", "No Target Response", "pseudo", "upstream",
         "awsdocs/elb-application-load-balancers-user-guide "
         "doc_source/load-balancer-access-logs.md"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct code *c = entry(cases[i].word, cases[i].owner);
        assert_string_equal(c->name, cases[i].name);
        assert_string_equal(code_kind_name(c->kind), cases[i].kind);
        assert_string_equal(blame_name(c->blame), cases[i].blame);
        assert_string_equal(c->spec, cases[i].spec);
    }
}

static void formats_are_bits_and_any_is_none_of_them(void **state)
{
    const struct code *nginx = entry("499", "nginx"), *google = entry("499", "google");
    (void)state;
    assert_true(nginx->any);
    assert_int_equal(nginx->seen_in, 1U << SERVER_NGINX);
    assert_false(google->any);
    assert_int_equal(google->seen_in, 1U << SERVER_GCP_LB | 1U << SERVER_ENVOY);
    assert_int_equal(entry("498", "nginx")->seen_in, 0);
    assert_false(entry("498", "nginx")->any);
    for (size_t i = 0; i < codes_count(); i++) {
        assert_true(codes_at(i)->seen_in < 1U << SERVERS);
        assert_int_equal(codes_at(i)->seen_in & 1U << SERVER_UNKNOWN, 0);
    }
}

static void only_words_that_are_no_status_are_pseudo(void **state)
{
    (void)state;
    for (size_t i = 0; i < codes_count(); i++) {
        bool is_status = codes_at(i)->status >= 100 && codes_at(i)->status <= 999;
        assert_int_equal(codes_at(i)->kind != KIND_PSEUDO, is_status);
    }
}

static void no_code_has_two_fallback_owners(void **state)
{
    (void)state;
    for (size_t i = 1; i < codes_count(); i++) {
        size_t first = 0, fallbacks = 0;
        size_t count = codes_of(codes_at(i)->status, &first);
        for (size_t n = first; n < first + count; n++) {
            fallbacks += codes_at(n)->any;
        }
        if (fallbacks > 1) {
            fail_msg("%s has %zu owners with ANY", codes_at(i)->code, fallbacks);
        }
    }
}

static void every_meaning_is_a_sentence_in_plain_ascii(void **state)
{
    (void)state;
    for (size_t i = 0; i < codes_count(); i++) {
        const struct code *c = codes_at(i);
        size_t len = strlen(c->meaning);
        assert_true(c->name[0] && c->spec[0]);
        if (len < 40 || len > 320 || (c->meaning[len - 1] != '.' && c->meaning[len - 1] != '?')) {
            fail_msg("%s of %s: \"%s\"", c->code, c->owner, c->meaning);
        }
        for (size_t n = 0; n < len; n++) {
            assert_in_range(c->meaning[n], ' ', '~');
        }
        assert_null(strstr(c->meaning, "  "));
    }
}

static void no_meaning_stands_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < codes_count(); i++) {
        for (size_t n = 0; n < i; n++) {
            assert_string_not_equal(codes_at(i)->meaning, codes_at(n)->meaning);
        }
    }
}

static void owners_are_known_by_their_exact_name(void **state)
{
    (void)state;
    assert_true(codes_is_owner(SPAN("tencent-edgeone")));
    assert_true(codes_is_owner(SPAN("ietf")));
    assert_false(codes_is_owner(SPAN("iis")));
    assert_false(codes_is_owner(SPAN("IETF")));
    assert_false(codes_is_owner(SPAN("ietf\0x")));
    assert_false(codes_is_owner(SPAN("")));
}

static void kinds_and_blames_have_names(void **state)
{
    static const char *const kinds[] = {"standard",   "experimental", "deprecated", "reserved",
                                        "unofficial", "internal",     "pseudo"};
    static const char *const blames[] = {"none",    "client", "server", "upstream", "edge",
                                         "network", "config", "auth",   "unknown"};
    (void)state;
    for (unsigned i = 0; i <= KIND_PSEUDO; i++) {
        assert_string_equal(code_kind_name((enum code_kind)i), kinds[i]);
    }
    for (unsigned i = 0; i < BLAMES; i++) {
        assert_string_equal(blame_name((enum blame)i), blames[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_has_the_slot_of_its_word),
        cmocka_unit_test(entries_are_sorted_by_word),
        cmocka_unit_test(every_entry_is_found_by_status_and_owner),
        cmocka_unit_test(what_is_not_in_the_book_is_not_found),
        cmocka_unit_test(all_owners_of_a_code_stand_in_a_row),
        cmocka_unit_test(a_status_without_entries_has_none),
        cmocka_unit_test(zeros_of_different_length_are_different_codes),
        cmocka_unit_test(facts_stand_in_their_columns),
        cmocka_unit_test(formats_are_bits_and_any_is_none_of_them),
        cmocka_unit_test(only_words_that_are_no_status_are_pseudo),
        cmocka_unit_test(no_code_has_two_fallback_owners),
        cmocka_unit_test(every_meaning_is_a_sentence_in_plain_ascii),
        cmocka_unit_test(no_meaning_stands_twice),
        cmocka_unit_test(owners_are_known_by_their_exact_name),
        cmocka_unit_test(kinds_and_blames_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
