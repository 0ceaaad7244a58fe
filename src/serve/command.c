/*
 * The table below is all that both manners of asking know of the commands: their words, their
 * paths, what may stand behind them, and the help. What the arguments of `top`, `explain` and
 * `silence` mean is for the callback to say; here only their shape is checked.
 */
#include "serve/command.h"

#include <stdio.h>

enum takes {
    TAKES_NOTHING,
    TAKES_DURATION,
    TAKES_PLACE, /* [dimension] [number] */
    TAKES_CODE,  /* code [format] */
    TAKES_RULE,  /* rule [series] duration */
};

struct command {
    const char *word, *path; /* without a path it can't be asked by HTTP */
    const char *args, *help;
    const char *query; /* as an example in the list of paths, or NULL */
    enum serve_topic topic;
    enum takes takes;
    bool text; /* answered as text rather than JSON, to whoever asks by a command line */
};

static const struct command commands[] = {
    {.topic = SERVE_SUMMARY,
     .word = "summary",
     .path = "/summary",
     .args = "[DURATION]",
     .query = "?last=10m",
     .takes = TAKES_DURATION,
     .help = "totals, or of the last DURATION (90s, 10m, 2h), as JSON"},
    {.topic = SERVE_METRICS,
     .word = "metrics",
     .path = "/metrics",
     .args = "",
     .text = true,
     .help = "all counts as Prometheus reads them"},
    {.topic = SERVE_ALERTS,
     .word = "alerts",
     .path = "/alerts",
     .args = "",
     .help = "alerts that are firing or were, as JSON"},
    {.topic = SERVE_SOURCES,
     .word = "sources",
     .path = "/sources",
     .args = "",
     .help = "what is read, as what, and how far, as JSON"},
    {.topic = SERVE_HISTORY,
     .word = "history",
     .path = "/history",
     .args = "[DURATION]",
     .query = "?last=1d",
     .takes = TAKES_DURATION,
     .help = "counts by minute, or over more than 2 days by hour, as JSON"},
    {.topic = SERVE_TOP,
     .word = "top",
     .path = "/top",
     .args = "[hosts|routes|upstreams|clients] [N]",
     .query = "?by=hosts&n=10",
     .takes = TAKES_PLACE,
     .help = "where most errors are, as JSON"},
    {.topic = SERVE_EXPLAIN,
     .word = "explain",
     .path = "/explain",
     .args = "CODE [FORMAT]",
     .query = "?code=499&format=nginx",
     .takes = TAKES_CODE,
     .text = true,
     .help = "what a status code means"},
    {.topic = SERVE_HEALTH,
     .word = "health",
     .path = "/healthz",
     .args = "",
     .text = true,
     .help = "\"ok\", or what is wrong"},
    {.topic = SERVE_SILENCE,
     .word = "silence",
     .args = "RULE [SERIES] DURATION",
     .takes = TAKES_RULE,
     .text = true,
     .help = "tell nobody of a rule's alerts for a while (owner only)"},
    {.topic = SERVE_RELOAD,
     .word = "reload",
     .args = "",
     .text = true,
     .help = "read the configuration again (owner only)"},
};

enum {
    COMMANDS = sizeof(commands) / sizeof(commands[0]),
    LONGEST_WORD = 15,
    LONGEST_VALUE = 100, /* of a member of the query */
    LONGEST_S = 366 * 24 * 3600,
};

_Static_assert((int)COMMANDS == (int)SERVE_TOPICS, "every topic has its command");

/* Shows at most 40 bytes of what a stranger wrote, as printable ASCII. */
static void add_shown(struct buf *out, struct span word)
{
    struct span head = span_head(word, 40);
    for (size_t i = 0; i < head.len; i++) {
        bool plain = head.ptr[i] >= 0x20 && head.ptr[i] < 0x7f;
        buf_byte(out, plain ? head.ptr[i] : '?');
    }
    if (head.len < word.len) {
        buf_text(out, "...");
    }
}

/* Letters to insert, drop or change (Levenshtein), in either case; at most LONGEST_WORD are
 * compared. */
static unsigned distance(struct span a, struct span b)
{
    unsigned row[LONGEST_WORD + 1];
    for (unsigned j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (unsigned i = 0; i < a.len; i++) {
        unsigned corner = row[0];
        row[0] = i + 1;
        for (unsigned j = 0; j < b.len; j++) {
            bool same = span_equal_nocase((struct span){a.ptr + i, 1}, (struct span){b.ptr + j, 1});
            unsigned least = corner + (same ? 0 : 1);
            corner = row[j + 1];
            least = corner + 1 < least ? corner + 1 : least;
            row[j + 1] = row[j] + 1 < least ? row[j] + 1 : least;
        }
    }
    return row[b.len];
}

/* The command that was probably meant: at most two letters off, and not a whole other word. */
static const char *nearest(struct span word)
{
    const char *best = NULL;
    unsigned least = 3;
    for (size_t i = 0; i < COMMANDS && word.len <= LONGEST_WORD; i++) {
        unsigned apart = distance(word, span_of(commands[i].word));
        if (apart < least && apart < word.len) {
            least = apart;
            best = commands[i].word;
        }
    }
    return best;
}

static enum command_result say_unknown(struct span word, struct buf *why)
{
    buf_text(why, "unknown command \"");
    add_shown(why, word);
    buf_byte(why, '"');
    const char *meant = nearest(word);
    if (meant) {
        buf_printf(why, "; did you mean \"%s\"?", meant);
    }
    buf_text(why, "; try help");
    return COMMAND_UNKNOWN;
}

/* Repeats the usage with the reason, so that nobody has to ask for help first. */
static enum command_result say_usage(const struct command *c, const char *what, struct buf *why)
{
    buf_printf(why, "%s: %s: %s%s%s", c->word, what, c->word, c->args[0] ? " " : "", c->args);
    return COMMAND_BAD;
}

/* Escape sequences and NULs have no business in a command; bytes above ASCII may be a name's. */
static bool is_text(struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char byte = (unsigned char)line.ptr[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

/* A number alone is in seconds. The bound is put so that the product fits into an int. */
bool command_duration(struct span text, int *seconds)
{
    static const struct {
        char letter;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    uint64_t unit = 1;
    struct span digits = text;
    for (size_t i = 0; text.len && i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.ptr[text.len - 1] == units[i].letter) {
            unit = units[i].seconds;
            digits.len = text.len - 1;
        }
    }
    uint64_t number = 0;
    if (!span_to_u64(digits, &number) || number == 0 || number > LONGEST_S / unit) {
        return false;
    }
    *seconds = (int)(number * unit);
    return true;
}

/* Fills in the request of a command with what stood behind it. */
static enum command_result take_args(const struct command *c, struct span args,
                                     struct serve_request *request, struct buf *why)
{
    request->topic = c->topic;
    request->args = args;
    switch (c->takes) {
    case TAKES_NOTHING: return args.len ? say_usage(c, "it takes no arguments", why) : COMMAND_ASK;
    case TAKES_DURATION:
        if (args.len && !command_duration(args, &request->last_s)) {
            return say_usage(c, "a duration is wanted, such as 90s, 10m or 2h", why);
        }
        request->args.len = 0;
        return COMMAND_ASK;
    case TAKES_PLACE: return COMMAND_ASK;
    case TAKES_CODE: return args.len ? COMMAND_ASK : say_usage(c, "a status code is wanted", why);
    case TAKES_RULE: return args.len ? COMMAND_ASK : say_usage(c, "a rule is wanted", why);
    }
    return COMMAND_BAD;
}

/* An empty line asks for the summary. */
enum command_result command_line(struct span line, struct serve_request *request, struct buf *why)
{
    if (!is_text(line)) {
        buf_text(why, "this is no command: it holds bytes that are no text; try help");
        return COMMAND_BAD;
    }
    line = span_trim(line);
    struct span word = line.len ? line : SPAN("summary");
    size_t end = 0;
    while (end < word.len && word.ptr[end] != ' ' && word.ptr[end] != '\t') {
        end++;
    }
    struct span args = span_trim(span_after(word, end));
    word.len = end;
    if (span_is(word, "help")) {
        return COMMAND_HELP;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (span_is(word, commands[i].word)) {
            request->text = commands[i].text;
            return take_args(&commands[i], args, request, why);
        }
    }
    return say_unknown(word, why);
}

/* Puts up to two words of a query into one line of arguments. False when one of them is no word. */
static bool join_words(const char *first, const char *second, char args[COMMAND_ARGS_BYTES])
{
    const char *words[] = {first, second};
    size_t at = 0;
    for (size_t i = 0; i < 2; i++) {
        struct span word = span_of(words[i]);
        if (word.len > LONGEST_VALUE || !is_text(word) || span_find(word, ' ') < word.len ||
            span_find(word, '\t') < word.len) {
            return false;
        }
        if (word.len) {
            int len = snprintf(args + at, COMMAND_ARGS_BYTES - at, "%s%.*s", at ? " " : "",
                               (int)word.len, word.ptr);
            at += (size_t)len;
        }
    }
    args[at] = '\0';
    return true;
}

_Static_assert(2 * LONGEST_VALUE + 2 <= COMMAND_ARGS_BYTES, "two words and a blank fit");

enum command_result command_path(struct span path, const struct command_query *query,
                                 char args[COMMAND_ARGS_BYTES], struct serve_request *request,
                                 struct buf *why)
{
    if (span_is(path, "/")) {
        return COMMAND_HELP;
    }
    const struct command *c = NULL;
    for (size_t i = 0; i < COMMANDS && !c; i++) {
        c = commands[i].path && span_is(path, commands[i].path) ? &commands[i] : NULL;
    }
    if (!c) {
        buf_text(why, "there is nothing at this path; / lists what there is");
        return COMMAND_UNKNOWN;
    }
    const char *first = NULL, *second = NULL;
    if (c->takes == TAKES_DURATION) {
        first = query->last;
    } else if (c->takes == TAKES_PLACE) {
        first = query->by;
        second = query->n;
    } else if (c->takes == TAKES_CODE) {
        first = query->code;
        second = query->code ? query->format : NULL;
    }
    if (!join_words(first, second, args)) {
        return say_usage(c, "a value of the query is too long or no word", why);
    }
    /* Programs ask by HTTP, and read JSON where there is any; these two have none. */
    request->text = c->topic == SERVE_METRICS || c->topic == SERVE_HEALTH;
    return take_args(c, span_of(args), request, why);
}

bool command_is_owners(enum serve_topic topic)
{
    return topic == SERVE_SILENCE || topic == SERVE_RELOAD;
}

/* The part of `rest` before the next `end`, trimmed; `rest` goes on behind it. */
static struct span next_part(struct span *rest, char end)
{
    size_t len = span_find(*rest, end);
    struct span part = span_trim(span_head(*rest, len));
    *rest = span_after(*rest, len + 1);
    return part;
}

/* "0.75" in thousandths; what can't be read counts as 1 (RFC 9110, 12.4.2: at most three decimals).
 */
static int quality(struct span text)
{
    if (text.len == 0 || text.ptr[0] != '0') {
        return 1000;
    }
    int value = 0, unit = 100;
    for (size_t i = 2; i < text.len && unit; i++, unit /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 1000;
        }
        value += (text.ptr[i] - '0') * unit;
    }
    return value;
}

/* The weight of one member of an Accept header; -1 when it asks for a version that we don't write.
 */
static int weight(struct span params, struct span version)
{
    int q = 1000;
    while (params.len) {
        struct span param = next_part(&params, ';');
        if (span_starts(param, SPAN("q="))) {
            q = quality(span_after(param, 2));
        } else if (span_starts(param, SPAN("version=")) &&
                   !span_equal(span_after(param, 8), version)) {
            return -1;
        }
    }
    return q;
}

/* Who names OpenMetrics can read it, so it wins when both weigh the same. */
bool command_prefers_openmetrics(struct span accept)
{
    int open = 0, own = 0;
    while (accept.len) {
        struct span params = next_part(&accept, ',');
        struct span type = next_part(&params, ';');
        if (span_equal_nocase(type, SPAN("application/openmetrics-text"))) {
            int q = weight(params, SPAN("1.0.0"));
            open = q > open ? q : open;
        } else if (span_equal_nocase(type, SPAN("text/plain"))) {
            int q = weight(params, SPAN("0.0.4"));
            own = q > own ? q : own;
        }
    }
    return open > 0 && open >= own;
}

void command_help(struct buf *out)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        char usage[80];
        snprintf(usage, sizeof(usage), "%s %s", commands[i].word, commands[i].args);
        buf_printf(out, "%-44s %s\n", usage, commands[i].help);
    }
    buf_printf(out, "%-44s %s\n", "help", "this list");
}

void command_paths(struct buf *out)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i].path) {
            char usage[80];
            const char *query = commands[i].query ? commands[i].query : "";
            snprintf(usage, sizeof(usage), "%s%s", commands[i].path, query);
            buf_printf(out, "%-44s %s\n", usage, commands[i].help);
        }
    }
}
