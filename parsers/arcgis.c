/*
 * ArcGIS Server's own logs: messages with a number of Esri's, which is no HTTP status, so nothing
 * in them is counted. The codes 498 and 499 are in the access logs of the web servers before it.
 *
 *     <Msg time="2026-11-22T16:43:42,123" type="WARNING" code="10021" source="Rest" …>text</Msg>
 *
 * A message may go on over several lines.
 */
#include "parsers/parser.h"

struct arcgis_state {
    bool is_open; /* the last line began or went on with a message that did not end */
};

static enum parse_result parse_arcgis(void *state, struct span line, struct event *out)
{
    struct arcgis_state *s = state;
    (void)out;
    bool begins = span_starts(line, SPAN("<Msg ")) && span_has(line, SPAN(" code="));
    if (!begins && !s->is_open) {
        return PARSE_BAD;
    }
    s->is_open = !span_has_nocase(line, SPAN("</msg>"));
    return PARSE_SKIP;
}

const struct parser parser_arcgis = {
    .name = "arcgis",
    .summary = "ArcGIS Server's own logs: known, but without a status",
    .sample =
        "<Msg time=\"2026-11-22T16:43:42,123\" type=\"WARNING\" code=\"10021\" source=\"Rest\" process=\"4711\" thread=\"1\" methodName=\"\" machine=\"GIS01\" user=\"\" elapsed=\"0.031\">Unauthorized access. Token not found.</Msg>",
    .server = SERVER_ARCGIS,
    .weight = 8,
    .is_silent = true,
    .state_size = sizeof(struct arcgis_state),
    .memory_size = sizeof(struct arcgis_state),
    .parse = parse_arcgis,
};
