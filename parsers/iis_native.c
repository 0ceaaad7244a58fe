/*
 * IIS in its own format, divided by commas. The date is the server's local one, read where it is in
 * the American notation; other countries' are not, and lines count when they arrive:
 *
 *     client, user, date, time, service, server, address, ms, received, sent, status, win32,
 * method, target, query,
 */
#include "parsers/lang/text.h"

static int open_iis_native(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "<client>, <text>, <us-date>, W3SVC<number>, <host>, <word>, <ms>, <number>, <bytes>, <status>, <number>, <method>, <target>, ");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_iis_native = {
    .name = "iis-native",
    .summary = "Microsoft IIS in its own format",
    .sample =
        "192.0.2.7, -, 11/22/26, 16:43:42, W3SVC2, WEB1, 10.0.0.1, 4502, 163, 3223, 404, 2, GET, /tea, -,",
    .server = SERVER_IIS,
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_iis_native,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
