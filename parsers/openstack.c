/*
 * The request lines of OpenStack's services (nova.osapi_compute.wsgi.server and the like), with or
 * without the name of a file in front:
 *
 *     time pid INFO logger [request-id …] client "request" status: n len: n time: seconds
 */
#include "parsers/lang/variants.h"

static int open_openstack(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "<iso> <number> <word> <word> [<text>] <client> \"<request>\" status: <status> len: <bytes> time: <s>",
        "<word> <iso> <number> <word> <word> [<text>] <client> \"<request>\" status: <status> len: <bytes> time: <s>",
        NULL,
    };
    return variants_open(state, formats, args, why);
}

const struct parser parser_openstack = {
    .name = "openstack",
    .summary = "OpenStack's services",
    .sample =
        "2026-11-22 16:43:42.008 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b 113d 54fa - - -] 192.0.2.7 \"GET /v2/servers HTTP/1.1\" status: 503 len: 170 time: 0.2477829",
    .weight = 9,
    .state_size = sizeof(struct variants_state),
    .open = open_openstack,
    .drop = variants_drop,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
