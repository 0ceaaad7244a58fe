#define _GNU_SOURCE /* memmem */

/*
 * The three languages that log formats are written in, each a tokenizer and a table of variables.
 * What is not in a table is a variable all the same, only not wanted: formats may name anything a
 * server knows. Names from ngx_http_log_module and ngx_http_upstream_module, mod_log_config, and
 * HAProxy's configuration manual, 8.2.4.
 */
#include "event/field.h"
#include "parsers/lang/text.h"

#include <errno.h>

struct variable {
    const char *name;
    uint8_t field; /* enum field */
    uint8_t shape; /* enum template_shape */
};

static const struct variable nginx_variables[] = {
    {"status", FIELD_STATUS, TEMPLATE_STATUS},
    {"time_local", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"time_iso8601", FIELD_TIME_ISO, TEMPLATE_ISO},
    {"msec", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"request", FIELD_REQUEST, TEMPLATE_TEXT},
    {"request_method", FIELD_METHOD, TEMPLATE_TEXT},
    {"request_uri", FIELD_TARGET, TEMPLATE_TEXT},
    {"uri", FIELD_TARGET, TEMPLATE_TEXT},
    {"document_uri", FIELD_TARGET, TEMPLATE_TEXT},
    {"args", FIELD_SKIP, TEMPLATE_TAIL},
    {"query_string", FIELD_SKIP, TEMPLATE_TAIL},
    {"is_args", FIELD_SKIP, TEMPLATE_TAIL},
    {"host", FIELD_HOST, TEMPLATE_TEXT},
    {"http_host", FIELD_HOST, TEMPLATE_TEXT},
    {"server_name", FIELD_HOST, TEMPLATE_WORD},
    {"remote_addr", FIELD_CLIENT, TEMPLATE_WORD},
    {"body_bytes_sent", FIELD_BYTES, TEMPLATE_NUMBER},
    {"bytes_sent", FIELD_BYTES, TEMPLATE_NUMBER},
    {"request_time", FIELD_DURATION_S, TEMPLATE_NUMBER},
    {"remote_port", FIELD_SKIP, TEMPLATE_NUMBER},
    {"server_port", FIELD_SKIP, TEMPLATE_NUMBER},
    {"request_length", FIELD_SKIP, TEMPLATE_NUMBER},
    {"upstream_addr", FIELD_UPSTREAM, TEMPLATE_LIST},
    {"upstream_status", FIELD_ORIGIN, TEMPLATE_LIST},
    {"upstream_response_time", FIELD_SKIP, TEMPLATE_LIST},
    {"upstream_header_time", FIELD_ANSWERED, TEMPLATE_LIST},
    {"upstream_connect_time", FIELD_CONNECTED, TEMPLATE_LIST},
    {"upstream_response_length", FIELD_SKIP, TEMPLATE_LIST},
    {"upstream_bytes_received", FIELD_SKIP, TEMPLATE_LIST},
    {"upstream_bytes_sent", FIELD_SKIP, TEMPLATE_LIST},
    {NULL, 0, 0},
};

/* With the letter after modifiers and {…}; what is in braces is looked up as "{arg}letter" first.
 * %I and %S, numbers in Apache, are a thread and a session in Tomcat, so they have no shape. */
static const struct variable apache_variables[] = {
    {"s", FIELD_STATUS, TEMPLATE_STATUS},
    {"r", FIELD_REQUEST, TEMPLATE_TEXT},
    {"m", FIELD_METHOD, TEMPLATE_TEXT},
    {"U", FIELD_TARGET, TEMPLATE_TEXT},
    {"q", FIELD_SKIP, TEMPLATE_TAIL},
    {"h", FIELD_CLIENT, TEMPLATE_WORD},
    {"a", FIELD_CLIENT, TEMPLATE_WORD},
    {"{c}a", FIELD_CLIENT, TEMPLATE_WORD},
    {"v", FIELD_HOST, TEMPLATE_WORD},
    {"V", FIELD_HOST, TEMPLATE_TEXT},
    {"{Host}i", FIELD_HOST, TEMPLATE_TEXT},
    {"b", FIELD_BYTES, TEMPLATE_NUMBER},
    {"B", FIELD_BYTES, TEMPLATE_NUMBER},
    {"O", FIELD_BYTES, TEMPLATE_NUMBER},
    {"l", FIELD_SKIP, TEMPLATE_WORD},
    {"k", FIELD_SKIP, TEMPLATE_NUMBER},
    {"X", FIELD_FLAG, TEMPLATE_WORD},
    {"{error-notes}n", FIELD_FLAG, TEMPLATE_TEXT},
    {"R", FIELD_FLAG_MORE, TEMPLATE_TEXT},
    {"p", FIELD_SKIP, TEMPLATE_NUMBER},
    {"{canonical}p", FIELD_SKIP, TEMPLATE_NUMBER},
    {"{local}p", FIELD_SKIP, TEMPLATE_NUMBER},
    {"{remote}p", FIELD_SKIP, TEMPLATE_NUMBER},
    {"P", FIELD_SKIP, TEMPLATE_NUMBER},
    {"D", FIELD_DURATION_US, TEMPLATE_NUMBER},
    {"T", FIELD_DURATION_S, TEMPLATE_NUMBER},
    {"{s}T", FIELD_DURATION_S, TEMPLATE_NUMBER},
    {"{ms}T", FIELD_DURATION_MS, TEMPLATE_NUMBER},
    {"{us}T", FIELD_DURATION_US, TEMPLATE_NUMBER},
    {"{sec}t", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"{msec}t", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"{usec}t", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"{msec_frac}t", FIELD_SKIP, TEMPLATE_NUMBER},
    {"{usec_frac}t", FIELD_SKIP, TEMPLATE_NUMBER},
    {NULL, 0, 0},
};

static const struct variable haproxy_variables[] = {
    {"ST", FIELD_STATUS, TEMPLATE_STATUS},
    {"B", FIELD_BYTES, TEMPLATE_NUMBER},
    {"ci", FIELD_CLIENT, TEMPLATE_WORD},
    {"cp", FIELD_SKIP, TEMPLATE_NUMBER},
    {"b", FIELD_UPSTREAM, TEMPLATE_TEXT},
    {"s", FIELD_SKIP, TEMPLATE_TEXT},
    {"t", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"tr", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"T", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"Tl", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"trg", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"trl", FIELD_TIME_CLF, TEMPLATE_CLF},
    {"Ts", FIELD_TIME_EPOCH, TEMPLATE_NUMBER},
    {"ms", FIELD_SKIP, TEMPLATE_NUMBER},
    {"Ta", FIELD_DURATION_MS, TEMPLATE_NUMBER},
    {"Tt", FIELD_DURATION_MS, TEMPLATE_NUMBER},
    {"Tr", FIELD_SKIP, TEMPLATE_NUMBER},
    {"TR", FIELD_SKIP, TEMPLATE_NUMBER},
    {"Tw", FIELD_SKIP, TEMPLATE_NUMBER},
    {"Tc", FIELD_SKIP, TEMPLATE_NUMBER},
    {"ts", FIELD_FLAG, TEMPLATE_WORD},
    {"tsc", FIELD_FLAG, TEMPLATE_WORD},
    {"r", FIELD_REQUEST, TEMPLATE_TEXT},
    {"HM", FIELD_METHOD, TEMPLATE_TEXT},
    {"HU", FIELD_TARGET, TEMPLATE_TEXT},
    {"HP", FIELD_TARGET, TEMPLATE_TEXT},
    {"HPO", FIELD_TARGET, TEMPLATE_TEXT},
    {"HQ", FIELD_SKIP, TEMPLATE_TAIL},
    {NULL, 0, 0},
};

static const struct variable *find(const struct variable *table, struct span name)
{
    for (; table->name; table++) {
        if (span_is(name, table->name)) {
            return table;
        }
    }
    return NULL;
}

/* $sent_http_NAME, $upstream_http_NAME, %{NAME}o: a header of the answer. */
static struct variable header_variable(struct span name)
{
    return (struct variable){"header", (uint8_t)field_of_header(name), TEMPLATE_TEXT};
}

static int add_variable(struct template *t, const struct variable *v, struct problem *why)
{
    return v ? template_add_field(t, v->field, (enum template_shape)v->shape, why)
             : template_add_field(t, FIELD_SKIP, TEMPLATE_TEXT, why);
}

/* A literal byte, with the escapes of configuration files: \t, \n, \" and so on. Takes it off
 * `rest`. */
static int add_byte(struct template *t, struct span *rest, struct problem *why)
{
    char c = rest->ptr[0];
    *rest = span_after(*rest, 1);
    if (c == '\\' && rest->len) {
        char e = rest->ptr[0];
        *rest = span_after(*rest, 1);
        c = e == 't' ? '\t' : e == 'n' ? '\n' : e;
    }
    return template_add_literal(t, (struct span){&c, 1}, why);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* $name or ${name} at the front of `rest`; empty when there is none. */
static struct span take_nginx_name(struct span *rest)
{
    struct span r = span_after(*rest, 1);
    bool braces = r.len && r.ptr[0] == '{';
    size_t n = 0;
    r = span_after(r, braces);
    while (n < r.len && is_word(r.ptr[n])) {
        n++;
    }
    if (n == 0 || (braces && (n == r.len || r.ptr[n] != '}'))) {
        return (struct span){r.ptr, 0};
    }
    *rest = span_after(r, n + braces);
    return span_head(r, n);
}

static int begin(struct text_state *s, enum template_escape escape)
{
    template_init(&s->template, escape);
    return 0;
}

static int finish(struct text_state *s, int so_far, bool open_end, struct problem *why)
{
    int r = so_far ? so_far : template_finish(&s->template, open_end, why);
    if (r == 0) {
        text_prepare(s);
    }
    return r;
}

static int add_nginx(struct template *t, struct span name, struct problem *why)
{
    static const char *const prefixes[] = {"sent_http_", "upstream_http_"};
    for (size_t i = 0; i < 2; i++) {
        if (span_starts(name, span_of(prefixes[i]))) {
            struct variable v = header_variable(span_after(name, strlen(prefixes[i])));
            return add_variable(t, &v, why);
        }
    }
    return add_variable(t, find(nginx_variables, name), why);
}

int text_open_nginx(void *state, struct span format, bool open_end, struct problem *why)
{
    struct text_state *s = state;
    enum template_escape escape = TEMPLATE_BACKSLASH;
    if (span_starts(format, SPAN("escape="))) { /* as in the directive: escape=default|json|none */
        escape = span_starts(format, SPAN("escape=none ")) ? TEMPLATE_RAW : TEMPLATE_BACKSLASH;
        format = span_after(format, span_find(format, ' ') + 1);
    }
    int r = begin(s, escape);
    while (r == 0 && format.len) {
        struct span name = {0};
        if (format.ptr[0] == '$') {
            name = take_nginx_name(&format);
        }
        r = name.len ? add_nginx(&s->template, name, why) : add_byte(&s->template, &format, why);
    }
    return finish(s, r, open_end, why);
}

/* %>s, %{Referer}i, %!200,304{X}o, %^FB … at the front of `rest`: takes it off, gives "{arg}" and
 * letter as one name. False when it is no directive. */
static bool take_apache_name(struct span *rest, struct span *braces, struct span *letter)
{
    struct span r = span_after(*rest, 1);
    *braces = (struct span){r.ptr, 0};
    while (r.len && (r.ptr[0] == '>' || r.ptr[0] == '<' || r.ptr[0] == '!' || r.ptr[0] == ',' ||
                     (r.ptr[0] >= '0' && r.ptr[0] <= '9'))) {
        r = span_after(r, 1);
    }
    if (r.len && r.ptr[0] == '{') {
        size_t close = span_find(r, '}');
        if (close == r.len) {
            return false;
        }
        *braces = span_head(r, close + 1);
        r = span_after(r, close + 1);
        while (r.len && (r.ptr[0] == '>' || r.ptr[0] == '<')) {
            r = span_after(r, 1);
        }
    }
    size_t n = r.len > 2 && r.ptr[0] == '^' ? 3 : 1;
    if (r.len == 0 || !(is_word(r.ptr[0]) || r.ptr[0] == '^')) {
        return false;
    }
    *letter = span_head(r, n);
    *rest = span_after(r, n);
    return true;
}

/* The variable that a strftime format of %{…}t makes; the notations that are read are CLF, ISO,
 * epoch. */
static struct variable apache_time(struct span braces)
{
    struct span f = {braces.ptr + 1, braces.len - 2};
    static const char *const prefixes[] = {"begin:", "end:"};
    for (size_t i = 0; i < 2; i++) {
        if (span_starts(f, span_of(prefixes[i]))) {
            f = span_after(f, strlen(prefixes[i]));
        }
    }
    if (span_starts(f, SPAN("%d/%b/%Y:%H:%M:%S")) || span_starts(f, SPAN("%d/%b/%Y:%T"))) {
        return (struct variable){"t", FIELD_TIME_CLF, TEMPLATE_CLF};
    }
    if (span_starts(f, SPAN("%Y-%m-%d")) || span_starts(f, SPAN("%F"))) {
        return (struct variable){"t", FIELD_TIME_ISO, TEMPLATE_ISO};
    }
    if (span_is(f, "%s") || span_is(f, "sec") || span_is(f, "msec") || span_is(f, "usec")) {
        return (struct variable){"t", FIELD_TIME_EPOCH, TEMPLATE_NUMBER};
    }
    return (struct variable){"t", FIELD_SKIP, TEMPLATE_TEXT};
}

/* "%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t" is the usual way to write ISO times with fractions:
 * three directives that make one time. The fraction and the zone are taken off `rest`. */
static void take_time_tail(struct span *rest)
{
    static const char *const tails[] = {".%{msec_frac}t", ".%{usec_frac}t", ",%{msec_frac}t",
                                        "%{%z}t"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        if (span_starts(*rest, span_of(tails[i]))) {
            *rest = span_after(*rest, strlen(tails[i]));
        }
    }
}

/* A time in a notation that is not read. Blanks in it are known, and so are no end of it. */
static int add_unknown_time(struct template *t, struct span format, struct problem *why)
{
    int r = template_add_field(t, FIELD_SKIP, TEMPLATE_TEXT, why);
    for (size_t i = 0; i < format.len && r == 0; i++) {
        if (format.ptr[i] == ' ') {
            r = template_add_literal(t, SPAN(" "), why);
            r = r ? r : template_add_field(t, FIELD_SKIP, TEMPLATE_TEXT, why);
        }
    }
    return r;
}

static int add_apache(struct template *t, struct span *rest, struct problem *why)
{
    struct span braces, letter;
    if (span_starts(*rest, SPAN("%%"))) {
        *rest = span_after(*rest, 2);
        return template_add_literal(t, SPAN("%"), why);
    }
    if (!take_apache_name(rest, &braces, &letter)) {
        problem_set(why, "a %% in the format begins no directive");
        return -EINVAL;
    }
    if (span_is(letter, "t") && braces.len == 0) { /* %t brings its brackets along */
        int r = template_add_literal(t, SPAN("["), why);
        r = r ? r : template_add_field(t, FIELD_TIME_CLF, TEMPLATE_CLF, why);
        return r ? r : template_add_literal(t, SPAN("]"), why);
    }
    if (span_is(letter, "t")) {
        struct variable v = apache_time(braces);
        take_time_tail(rest);
        return v.field == FIELD_SKIP ? add_unknown_time(t, braces, why) : add_variable(t, &v, why);
    }
    if (span_is(letter, "o") && braces.len > 2) {
        struct variable v = header_variable(span_head(span_after(braces, 1), braces.len - 2));
        return add_variable(t, &v, why);
    }
    /* Braces and letter stand together but for a modifier between, which only %{…}>s-like things
     * have. */
    struct span name = {braces.ptr, braces.len + letter.len};
    return add_variable(t, find(apache_variables, braces.len ? name : letter), why);
}

int text_open_apache(void *state, struct span format, bool open_end, struct problem *why)
{
    struct text_state *s = state;
    int r = begin(s, TEMPLATE_BACKSLASH);
    while (r == 0 && format.len) {
        r = format.ptr[0] == '%' ? add_apache(&s->template, &format, why)
                                 : add_byte(&s->template, &format, why);
    }
    return finish(s, r, open_end, why);
}

/* Variables that +Q puts no quotes around: numbers, times and the termination state. */
static bool is_bare(struct span name)
{
    static const char *const bare[] = {
        "ST",  "B",  "U",  "cp", "bp",  "fp", "sp", "ac", "fc", "bc", "sc",  "rc",  "sq",
        "bq",  "lc", "rt", "ms", "pid", "t",  "tr", "T",  "Tl", "Ts", "trg", "trl", "ts",
        "tsc", "Ta", "Tt", "Tr", "TR",  "Tw", "Tc", "Td", "Th", "Ti", "Tq",  "Tu"};
    for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++) {
        if (span_is(name, bare[i])) {
            return true;
        }
    }
    return false;
}

/* The flags {+Q,-E} of a variable or, before an "o", of all that follow. */
static bool take_quoting(struct span *rest, bool is_quoted)
{
    struct span r = *rest;
    if (r.len && r.ptr[0] == '{') {
        struct span flags = span_head(r, span_find(r, '}'));
        is_quoted = span_has(flags, SPAN("+Q")) || (is_quoted && !span_has(flags, SPAN("-Q")));
        *rest = span_after(r, flags.len + 1);
    }
    return is_quoted;
}

/* Takes "[expression]" at the front of `rest` off. */
static struct span take_expression(struct span *rest)
{
    size_t depth = 0, n = 0;
    for (; n < rest->len; n++) {
        depth += rest->ptr[n] == '[';
        depth -= rest->ptr[n] == ']';
        if (depth == 0) {
            break;
        }
    }
    struct span expression = span_head(*rest, n);
    *rest = span_after(*rest, n + 1);
    return expression;
}

/* What is in the parentheses of the first fetch with such a name: "req.hdr(host),lower". */
static struct span argument_of(struct span expression, struct span fetch)
{
    struct span rest = expression;
    while (rest.len && !span_starts(rest, fetch)) {
        rest = span_after(rest, 1);
    }
    rest = span_after(rest, fetch.len);
    return span_head(rest, span_find(rest, ')'));
}

/* Expressions that fetch a header we know, or a variable called "host"; all others are text. */
static struct variable expression_variable(struct span expression)
{
    enum field field = FIELD_SKIP;
    bool is_answer = span_has(expression, SPAN("res."));
    struct span header = argument_of(expression, SPAN("hdr("));
    struct span variable = argument_of(expression, SPAN("var("));
    header = span_head(header, span_find(header, ','));
    if (is_answer) {
        field = field_of_header(header);
    } else if (span_equal_nocase(header, SPAN("host")) || span_ends(variable, SPAN(".host"))) {
        field = FIELD_HOST;
    }
    return (struct variable){"expression", (uint8_t)field, TEMPLATE_TEXT};
}

/* "{shop.example|curl}": braces in what was captured are written #7B and #7D. */
static int add_captures(struct template *t, bool is_quoted, struct problem *why)
{
    int r = template_add_literal(t, is_quoted ? SPAN("\"{") : SPAN("{"), why);
    r = r ? r : template_add_field(t, FIELD_SKIP, TEMPLATE_TEXT, why);
    return r ? r : template_add_literal(t, is_quoted ? SPAN("}\"") : SPAN("}"), why);
}

/* %ST, %{+Q}r, %[expression] at the front of `rest`. A name goes on as long as letters and digits
 * do. `*all_quoted` is what %{+Q}o said before. */
static int add_haproxy(struct template *t, struct span *rest, bool *all_quoted, struct problem *why)
{
    struct span r = span_after(*rest, 1);
    if (span_starts(r, SPAN("%"))) {
        *rest = span_after(r, 1);
        return template_add_literal(t, SPAN("%"), why);
    }
    bool has_flags = r.len && r.ptr[0] == '{';
    bool is_quoted = take_quoting(&r, *all_quoted);
    if (has_flags && r.len && r.ptr[0] == 'o') {
        *all_quoted = is_quoted;
        *rest = span_after(r, 1);
        return 0;
    }
    struct variable made;
    const struct variable *v;
    struct span name = {0};
    if (r.len && r.ptr[0] == '[') {
        made = expression_variable(take_expression(&r));
        v = &made;
    } else {
        size_t letters = 0;
        while (letters < r.len && r.ptr[letters] != '_' && is_word(r.ptr[letters])) {
            letters++;
        }
        name = span_head(r, letters);
        r = span_after(r, letters);
        v = find(haproxy_variables, name);
        is_quoted = is_quoted && !is_bare(name);
        if (span_is(name, "b") && !is_quoted && span_starts(r, SPAN("/%s"))) {
            r = span_after(r, strlen("/%s")); /* backend and server are one upstream */
        }
    }
    *rest = r;
    if (span_is(name, "hr") || span_is(name, "hs")) {
        return add_captures(t, is_quoted, why);
    }
    int result = is_quoted ? template_add_literal(t, SPAN("\""), why) : 0;
    result = result ? result : add_variable(t, v, why);
    return result || !is_quoted ? result : template_add_literal(t, SPAN("\""), why);
}

/* "%{+Q}o" writes nothing. */
static bool is_flags_only(struct span format)
{
    size_t close = span_find(format, '}');
    return span_starts(format, SPAN("%{")) && close + 1 < format.len &&
           format.ptr[close + 1] == 'o';
}

/* Blanks in a row become one, and none begins a line (HAProxy, sess_build_logline). */
int text_open_haproxy(void *state, struct span format, bool open_end, struct problem *why)
{
    struct text_state *s = state;
    bool all_quoted = false, is_blank = true;
    int r = begin(s, TEMPLATE_RAW);
    while (r == 0 && format.len) {
        bool was_blank = is_blank;
        is_blank = format.ptr[0] == ' ' || (is_blank && is_flags_only(format));
        if (format.ptr[0] == '%') {
            r = add_haproxy(&s->template, &format, &all_quoted, why);
        } else if (is_blank && was_blank) {
            format = span_after(format, 1);
        } else {
            r = add_byte(&s->template, &format, why);
        }
    }
    return finish(s, r, open_end, why);
}
