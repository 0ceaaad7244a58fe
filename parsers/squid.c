/*
 * Squid: its own format, or the common and combined ones of its configuration, which end with what
 * became of the request:
 *
 *     time ms client result/status bytes method URI user hierarchy/peer type
 *     client ident user [time] "request" status bytes result:hierarchy
 *     client ident user [time] "request" status bytes "referer" "user agent" result:hierarchy
 */
#include "parsers/lang/variants.h"

static int open_squid(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "<epoch> <blanks><ms> <client> <flag-caps>/<status> <bytes> <method> <target> <word> <caps>/<upstream> ",
        "<client> <word> <text> [<clf>] \"<request>\" <status> <bytes> \"<text>\" \"<text>\" <flag-caps>:<caps>",
        "<client> <word> <text> [<clf>] \"<request>\" <status> <bytes> <flag-caps>:<caps>",
        NULL,
    };
    return variants_open(state, formats, args, why);
}

const struct parser parser_squid = {
    .name = "squid",
    .summary = "Squid: native, common, combined",
    .sample =
        "1795365817.091     15 192.0.2.7 TCP_MISS/502 251 GET http://shop.example/tea - HIER_DIRECT/10.0.0.1 text/html",
    .server = SERVER_SQUID,
    .weight = 8,
    .state_size = sizeof(struct variants_state),
    .open = open_squid,
    .drop = variants_drop,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
