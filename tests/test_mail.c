/* What a mail says, and that nothing in a name makes it another one. */
#include "output/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const addresses[] = {"ops@example.org", "night@example.org", NULL};

/* Valid until the next call. */
static const char *message(const struct alert *a)
{
    static struct buf out;
    out.len = 0;
    mail_alert(&out, a, addresses, "web1");
    buf_byte(&out, '\0');
    return out.data;
}

static struct alert sample(void)
{
    return (struct alert){.id = "0123456789abcdef",
                          .rule = "spike",
                          .state = ALERT_FIRING,
                          .severity = RULE_CRITICAL,
                          .host = "shop.example",
                          .since = 1795365822,
                          .at = 1795365830,
                          .evidence = "31 % of 840",
                          .n_codes = 1,
                          .codes = {{502, 0, BLAME_UPSTREAM, 9, false}},
                          .blame = {[BLAME_UPSTREAM] = 9},
                          .n_where = 1,
                          .where = {{"route", "/cart", 7, 0.78}},
                          .n_samples = 1,
                          .samples = {"a line"},
                          .summary = "502 from nginx"};
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}

static void head_and_body_say_what_a_person_needs(void **state)
{
    (void)state;
    struct alert a = sample();
    const char *text = message(&a);
    assert_has(text, "To: ops@example.org,\n night@example.org\n");
    assert_has(text, "Subject: [critical] 502 from nginx\n");
    assert_has(text, "Message-ID: <0123456789abcdef.critical@web1>\n");
    assert_has(text, "\n\n502 from nginx\n\n");
    assert_has(text, "codes      502 x 9\n");
    assert_has(text, "blame      upstream\n");
    assert_has(text, "where      route /cart (78 %)\n");
    assert_has(text, "since      2026-11-22T16:43:42Z\n");
    assert_has(text, "\n\na line\n");
    a.state = ALERT_RESOLVED;
    a.resolved_at = 1795365900;
    text = message(&a);
    assert_has(text, "Subject: [resolved] ");
    assert_has(text, "resolved   2026-11-22T16:45:00Z\n");
}

/* Decoded by hand: "[critical] é" in base64 is W2NyaXRpY2FsXSDDqQ==. */
static void a_subject_beyond_ascii_is_encoded(void **state)
{
    (void)state;
    struct alert a = sample();
    snprintf(a.summary, sizeof(a.summary), "é");
    assert_has(message(&a), "Subject: =?UTF-8?B?W2NyaXRpY2FsXSDDqQ==?=\n");
}

/* 2 bytes each, behind 12 of ASCII: 39 bytes would end within one. */
static void no_header_line_is_long_and_no_character_cut(void **state)
{
    (void)state;
    struct alert a = sample();
    snprintf(a.summary, sizeof(a.summary), ".");
    for (size_t i = 0; i < 100; i++) {
        memcpy(a.summary + 1 + 2 * i, "\xc3\xa9", 3);
    }
    const char *text = message(&a);
    assert_has(text, "?=\n =?UTF-8?B?");
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        assert_true(strcspn(line, "\n") <= 76 || strstr(text, "\n\n") < line);
    }
    /* The first word has 38 bytes: 12 and 13 characters. */
    assert_has(text, "Subject: =?UTF-8?B?W2NyaXRpY2FsXSAuw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6k=?=\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_and_body_say_what_a_person_needs),
        cmocka_unit_test(a_subject_beyond_ascii_is_encoded),
        cmocka_unit_test(no_header_line_is_long_and_no_character_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
