/*
 * Microsoft IIS writes the W3C format with fields of its own; status codes are then Microsoft's
 * first, and time-taken is in milliseconds (IIS documentation, "Logged fields").
 */
#include "parsers/lang/w3c.h"

static int open_iis(void *state, struct span args, struct problem *why)
{
    ((struct w3c_state *)state)->is_iis = true;
    return w3c_open(state, args, why);
}

const struct parser parser_iis = {
    .name = "iis",
    .summary = "Microsoft IIS, W3C extended",
    .sample =
        "#Software: Microsoft Internet Information Services 10.0\n"
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip sc-status "
        "sc-substatus sc-win32-status time-taken\n"
        "2026-11-22 16:43:45 192.0.2.1 GET /tea - 443 - 192.0.2.7 404 0 2 15",
    .server = SERVER_IIS,
    .weight = 8,
    .state_size = sizeof(struct w3c_state),
    .memory_size = W3C_MEMORY,
    .open = open_iis,
    .drop = w3c_drop,
    .parse = w3c_parse,
    .is_typical = w3c_is_microsoft,
    .marks = w3c_lines_marks,
    .parse_lines = w3c_lines_parse,
};
