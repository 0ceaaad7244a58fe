/*
 * Any format that a regular expression can read (PCRE2), its fields as named groups:
 *
 *     --format regex:'^(?<client>\S+) .* (?<status>\d{3}) (?<bytes>\d+)$'
 *
 * Lines come from strangers, so matching is limited (steps and depth): a line that goes beyond
 * counts as unparsed. The JIT is used where the system allows it; a service without writable
 * executable memory runs the interpreter, several times slower but with the same results.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "event/field.h"
#include "parsers/parser.h"

#include <errno.h>

#include <pcre2.h>

enum {
    GROUPS = 16,
    MATCH_LIMIT = 100000,
    DEPTH_LIMIT = 1000,
};

struct regex_state {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    struct {
        uint16_t group;
        uint8_t field;
    } groups[GROUPS];
    unsigned n_groups;
};

/* Also after half an opening: PCRE2 frees NULL without complaint (pcre2api(3)). */
static void close_regex(void *state)
{
    struct regex_state *s = state;
    pcre2_match_data_free(s->match);
    pcre2_match_context_free(s->context);
    pcre2_code_free(s->code);
}

/* Each entry of the name table is two bytes of group number, then the name. */
static int find_groups(struct regex_state *s, struct problem *why)
{
    uint32_t count = 0, size = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(s->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(s->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(s->code, PCRE2_INFO_NAMETABLE, &table);
    bool has_status = false;
    if (count > GROUPS) {
        problem_set(why, "the regex names more than %d groups", GROUPS);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < count; i++, table += size) {
        struct span name = span_of((const char *)table + 2);
        enum field field = field_of_key(name);
        if (field == FIELD_SKIP) {
            problem_set(
                why,
                "the regex names a group \"%s\", which is no field; fields are status, time, host, method, "
                "path, request, client, upstream, bytes, duration, duration_ms, duration_us",
                name.ptr);
            return -EINVAL;
        }
        has_status = has_status || field == FIELD_STATUS;
        s->groups[s->n_groups].group = (uint16_t)(table[0] << 8 | table[1]);
        s->groups[s->n_groups++].field = (uint8_t)field;
    }
    if (!has_status) {
        problem_set(why, "the regex has no group (?<status>…)");
        return -EINVAL;
    }
    return 0;
}

/* Patterns can not turn UTF on by (*UTF): pcre2_match would refuse lines with broken UTF-8. */
static int open_regex(void *state, struct span args, struct problem *why)
{
    struct regex_state *s = state;
    int error;
    PCRE2_SIZE at;
    if (args.len == 0) {
        problem_set(why, "regex needs an expression: regex:'… (?<status>\\d{3}) …'");
        return -EINVAL;
    }
    s->code = pcre2_compile((PCRE2_SPTR)args.ptr, args.len, PCRE2_NEVER_UTF, &error, &at, NULL);
    if (!s->code) {
        char text[128] = "";
        pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof(text));
        problem_set(why, "the regex is wrong at character %zu: %s", (size_t)at + 1, text);
        return -EINVAL;
    }
    s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
    s->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(s->context, MATCH_LIMIT);
    pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
    pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE); /* without it, pcre2_match interprets */
    int r = find_groups(s, why);
    if (r) {
        close_regex(s);
    }
    return r;
}

/* A limit that was reached counts as no match. */
static enum parse_result parse_regex(void *state, struct span line, struct event *out)
{
    struct regex_state *s = state;
    if (pcre2_match(s->code, (PCRE2_SPTR)line.ptr, line.len, 0, 0, s->match, s->context) <= 0) {
        return PARSE_BAD;
    }
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(s->match);
    for (unsigned i = 0; i < s->n_groups; i++) {
        PCRE2_SIZE from = ends[2 * s->groups[i].group], to = ends[2 * s->groups[i].group + 1];
        if (from != PCRE2_UNSET && from <= to) {
            field_store(out, (enum field)s->groups[i].field,
                        (struct span){line.ptr + from, to - from});
        }
    }
    return out->status == STATUS_NONE ? PARSE_BAD : PARSE_OK;
}

const struct parser parser_regex = {
    .name = "regex",
    .summary = "regex:'…(?<status>\\d{3})…', PCRE2 with named groups",
    .sample = "",
    .state_size = sizeof(struct regex_state),
    .open = open_regex,
    .close = close_regex,
    .parse = parse_regex,
};
