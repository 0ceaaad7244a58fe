/*
 * Access logs of Atlassian's servers: Bitbucket's and Confluence's. (Jira's own is read as
 * combined.)
 *
 *     client | protocol | id | user | time | "action" | "referer" "user agent" | status | received
 * | sent | labels | ms | session | [time] user thread client request status 12ms bytes referer user
 * agent
 */
#include "parsers/lang/variants.h"
#include "scan/cursor.h"

static int open_atlassian(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "<client> | <word> | o@<word> | <word> | <iso> | \"<request>\" | <text> | <status> | "
        "<number> | <bytes> | <text> | <ms> | ",
        "[<clf>] <word> <word> <client> <method> <target> HTTP/<number> <status> <ms>ms <bytes> ",
        "[<clf>] <word> <word> <client> - <status> <ms>ms <bytes> ", /* there was no request */
        NULL,
    };
    return variants_open(state, formats, args, why);
}

/* Bitbucket writes a line when a request begins, too, with an "i" where the "o" is. */
static bool is_begin(struct span line)
{
    struct cursor c = cursor_over(line);
    for (unsigned i = 0; i < 2; i++) {
        cursor_until(&c, '|');
        cursor_byte(&c, ' ');
    }
    return !c.failed && span_starts(cursor_rest(&c), SPAN("i@"));
}

static enum parse_result parse_atlassian(void *state, struct span line, struct event *out)
{
    enum parse_result got = variants_parse(state, line, out);
    return got == PARSE_BAD && is_begin(line) ? PARSE_SKIP : got;
}

const struct parser parser_atlassian = {
    .name = "atlassian",
    .summary = "Atlassian Bitbucket, Confluence",
    .sample =
        "192.0.2.7 | https | o@9K7Z3NNx6x3112x1 | lid | 2026-11-22 16:43:42,838 | \"GET /git/tea.git/info/refs HTTP/1.1\" | \"\" \"git/2.39.2\" | 503 | 13 | 0 | refs, cache:hit | 101 | tmpqqw | ",
    .weight = 8,
    .state_size = sizeof(struct variants_state),
    .open = open_atlassian,
    .drop = variants_drop,
    .parse = parse_atlassian,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
