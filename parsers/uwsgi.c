/*
 * uWSGI's request lines; the time is local, in the notation of ctime:
 *
 *     [pid: n|app: n|req: n/n] client (user) {n vars in n bytes} [time] METHOD URI => generated n
 * bytes in n msecs (HTTP/1.1 status) n headers in n bytes (n switches on core n)
 */
#include "parsers/lang/variants.h"

static int open_uwsgi(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "[pid: <number>|app: <word>|req: <word>] <client> (<text>) {<text>} [<ctime>] <method> <target> => generated <bytes> bytes in <ms> msecs (<word> <status>) ",
        "[pid: <number>|app: <word>|req: <word>] <client> (<text>) {<text>} [<ctime>] <method> <target> => generated <bytes> bytes in <us> micros (<word> <status>) ",
        NULL,
    };
    return variants_open(state, formats, args, why);
}

const struct parser parser_uwsgi = {
    .name = "uwsgi",
    .summary = "uWSGI",
    .sample =
        "[pid: 88185|app: 0|req: 1/1] 192.0.2.7 () {38 vars in 696 bytes} [Sun Nov 22 16:43:42 2026] GET /tea => generated 47 bytes in 129 msecs (HTTP/1.1 502) 9 headers in 378 bytes (1 switches on core 3)",
    .weight = 9,
    .state_size = sizeof(struct variants_state),
    .open = open_uwsgi,
    .drop = variants_drop,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
