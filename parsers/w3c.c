/*
 * W3C extended log file format (W3C WD-logfile-960323), with the fields that its #Fields line
 * names:
 *
 *     #Fields: date time c-ip cs-method cs-uri-stem sc-status sc-bytes time-taken
 *     2026-11-22 16:43:45 192.0.2.7 GET /tea 200 2210 15
 */
#include "parsers/lang/w3c.h"

const struct parser parser_w3c = {
    .name = "w3c",
    .summary = "W3C extended; fields from the #Fields line, or w3c:'date time … sc-status'",
    .sample = "#Fields: date time c-ip cs-method cs-uri-stem sc-status sc-bytes time-taken\n"
              "2026-11-22 16:43:45 192.0.2.7 GET /tea 200 2210 15",
    .weight = 7,
    .state_size = sizeof(struct w3c_state),
    .memory_size = W3C_MEMORY,
    .open = w3c_open,
    .drop = w3c_drop,
    .parse = w3c_parse,
    .marks = w3c_lines_marks,
    .parse_lines = w3c_lines_parse,
};
