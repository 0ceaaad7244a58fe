/*
 * Tomcat's AccessLogValve, pattern "combined" or "common", or another pattern as argument.
 */
#include "parsers/lang/text.h"

static int open_tomcat(void *state, struct span args, struct problem *why)
{
    struct span format = SPAN("%h %l %u %t \"%r\" %s %b");
    return text_open_apache(state, args.len ? args : format, true, why);
}

const struct parser parser_tomcat = {
    .name = "tomcat",
    .summary = "Tomcat AccessLogValve, or tomcat:'pattern'",
    .sample = "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 404 783",
    .server = SERVER_TOMCAT,
    .state_size = sizeof(struct text_state),
    .open = open_tomcat,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
