/*
 * Which parser reads a line. A format that was named is the only candidate. Otherwise the first
 * lines are held back and every format votes on them (reader_vote, reader_decide). After that, a
 * line that the chosen format refuses is offered to all others, heaviest first; one that takes
 * READER_SWITCH such lines without a break becomes the chosen one, since a log may change its
 * format in the midst. A line that is not read as it is may be in an envelope (lang/envelope.h):
 * then the same is done with what is in it.
 */
#include "format/reader.h"

#include "base/alloc.h"
#include "format/states.h"
#include "parsers/lang/bundle.h"
#include "parsers/lang/envelope.h"
#include "parsers/lang/learn.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CANDIDATES = 64,
    NOBODY = CANDIDATES,
    LEARNED = 1,      /* room for the layout that may be learned, behind the others */
    UNMISTAKABLE = 7, /* weight of formats whose lines can hardly be another's */
};

struct candidate {
    const struct parser *parser;
    char *args; /* NULL: none */
    void *state;
    bool is_open, is_shared; /* its state */
    unsigned accepted;       /* lines of the vote */
    unsigned inside;         /* … that were in envelopes which the format does not know */
};

/* What a clone began with, and how far that had a say: see reader_fits. */
struct reader_start {
    unsigned chosen, rival, rival_run, switches;
    unsigned lead;       /* lines that a rival took before the first that the chosen one took */
    bool is_met;         /* … which came */
    bool has_chosen;     /* the choice was changed */
    size_t memory_bytes; /* of all candidates */
    char *memory;
    uint64_t parts; /* of lines in envelopes: their sum */
};

struct reader {
    unsigned n;
    unsigned chosen, last; /* numbers in `all`, or NOBODY */
    unsigned rival,
        rival_run; /* who took the last lines that the chosen one refused, and how many */
    unsigned voted, vote_lines; /* lines seen in the vote; those that were more than comments */
    size_t vote_bytes;
    unsigned switches;
    bool is_auto, is_undecided;
    bool is_enveloped; /* lines of the vote were, so look there first */
    char *layout;      /* that was learned from the lines, or NULL: arguments of the last one */
    struct buf unread; /* lines that show it, while it is not known which format they are in */
    unsigned n_unread;
    const enum field *dropped; /* FIELD_SKIP at the end, or NULL */
    struct states *states;     /* that are shared, or NULL */
    struct envelope *envelope; /* NULL until a line is not read as it is */
    char reason[READER_REASON];
    struct reader_start start;
    struct candidate all[]; /* heaviest first; the named format alone when one was named */
};

/* The state is made when the candidate is tried for the first time: most never are after the vote.
 */
static void make_state(const struct reader *r, struct candidate *c)
{
    struct span args = span_of(c->args ? c->args : "");
    c->is_open = true;
    c->is_shared = r->states && c->parser->memory_size == 0;
    if (c->is_shared) {
        c->state = states_take(r->states, c->parser, args);
    } else {
        c->state = states_new(c->parser, args, r->dropped);
    }
}

/* Cleared before each try: a parser that refused may have filled some fields already. */
static enum parse_result try(const struct reader *r, struct candidate *c, struct span line,
                             struct event *out)
{
    if (!c->is_open) {
        make_state(r, c);
    }
    event_clear(out);
    return c->parser->parse(c->state, line, out);
}

/* Afterwards the candidate is as if it had never been tried. */
static void drop_state(const struct reader *r, struct candidate *c)
{
    if (c->is_shared) {
        states_drop(r->states, c->state);
    } else if (c->is_open) {
        states_free(c->parser, c->state);
    }
    c->state = NULL;
    c->is_open = c->is_shared = false;
}

/* Among equal weights the order of format_parsers() stays, so a vote always ends the same way. */
static void add_candidate(struct reader *r, const struct parser *p)
{
    unsigned at = r->n++;
    while (at > 0 && r->all[at - 1].parser->weight < p->weight) {
        r->all[at] = r->all[at - 1];
        at--;
    }
    r->all[at] = (struct candidate){.parser = p};
}

/* The formats that were named, in their order. */
static struct reader *new_named(const struct format *format)
{
    size_t most = 0;
    for (const struct format *f = format; f; f = f->next) {
        most++;
    }
    struct reader *r = alloc_zero(1, sizeof(*r) + most * sizeof(r->all[0]));
    for (const struct format *f = format; f && r->n < CANDIDATES; f = f->next) {
        r->all[r->n++] = (struct candidate){
            .parser = f->parser, .args = f->args[0] ? alloc_text(span_of(f->args)) : NULL};
    }
    return r;
}

/* Parsers without a weight are read only when somebody names them. */
static struct reader *new_auto(void)
{
    struct reader *r = alloc_zero(1, sizeof(*r) + CANDIDATES * sizeof(r->all[0]));
    const struct parser *const *parsers = format_parsers();
    for (size_t i = 0; parsers[i] && r->n < CANDIDATES; i++) {
        if (parsers[i]->weight > 0) {
            add_candidate(r, parsers[i]);
        }
    }
    r->is_auto = r->is_undecided = true;
    return alloc_resize(r, 1, sizeof(*r) + (r->n + LEARNED) * sizeof(r->all[0]));
}

struct reader *reader_new(const struct format *format, const enum field *dropped)
{
    struct reader *r = format->parser ? new_named(format) : new_auto();
    r->dropped = dropped;
    r->rival = NOBODY;
    r->chosen = r->last = r->is_auto ? NOBODY : 0;
    return r;
}

void reader_share(struct reader *r, struct states *states)
{
    r->states = states;
}

void reader_free(struct reader *r)
{
    if (!r) {
        return;
    }
    for (unsigned i = 0; i < r->n; i++) {
        drop_state(r, &r->all[i]);
        free(r->all[i].args);
    }
    free(r->envelope);
    buf_done(&r->unread);
    free(r->start.memory);
    free(r);
}

bool reader_is_undecided(const struct reader *r)
{
    return r->is_undecided;
}

static void drop_envelope(struct reader *r)
{
    free(r->envelope);
    r->envelope = NULL;
}

/* What a line may be: itself, and what is in its envelopes. */
static struct envelope *open_envelope(struct reader *r, struct span line)
{
    if (!r->envelope) {
        r->envelope = alloc_zero(1, sizeof(*r->envelope));
    }
    envelope_open(r->envelope, line);
    return r->envelope;
}

static bool is_typical(const struct candidate *c)
{
    return !c->parser->is_typical || c->parser->is_typical(c->state);
}

/* A line read in part is no vote, nor is one that is no request, but in a format that has none. */
static bool accepts(const struct reader *r, struct candidate *c, struct span line, struct event *e)
{
    enum parse_result got = try(r, c, line, e);
    bool is_message = got == PARSE_SKIP && c->parser->is_silent;
    return is_message || (got == PARSE_OK && !e->is_partial && is_typical(c));
}

/* What is innermost is asked for first: a lenient format may take the front of an envelope for a
 * client. Formats that know the envelope themselves find the same without it. */
static bool votes_for(const struct reader *r, struct candidate *c, const struct envelope *env)
{
    struct event inner, whole;
    unsigned i = env->n;
    while (i > 0 && !accepts(r, c, env->lines[i - 1], &inner)) {
        i--;
    }
    if (i > 1) {
        bool is_known = accepts(r, c, env->lines[0], &whole);
        c->inside += !is_known || whole.client.ptr != inner.client.ptr;
    }
    return i > 0;
}

static bool can_keep(const struct reader *r)
{
    return r->n_unread < LEARN_LINES && r->unread.len < READER_VOTE_BYTES;
}

/* As many bytes as vote, too: of huge lines a few show as much. False when the line is not kept. */
static bool keep_unread(struct reader *r, struct span line)
{
    bool is_kept = can_keep(r) && line.len && line.ptr[0] != '#';
    if (is_kept) {
        buf_add(&r->unread, line);
        buf_byte(&r->unread, '\n');
        r->n_unread++;
    }
    return is_kept;
}

static void vote_on(struct reader *r, struct span line)
{
    const struct envelope *env = open_envelope(r, line);
    bool counts = false;
    for (unsigned i = 0; i < r->n; i++) {
        bool accepted = votes_for(r, &r->all[i], env);
        r->all[i].accepted += accepted;
        counts = counts || accepted;
    }
    keep_unread(r, line);
    r->vote_lines += counts;
    r->voted++;
}

/* True when enough was seen, in lines or in bytes, so that a file of very long lines does not hold
 * up the decision. */
bool reader_vote(struct reader *r, struct span line)
{
    struct span records, record;
    r->vote_bytes += line.len + 1;
    if (bundle_open(line, &records)) {
        while (bundle_next(&records, &record) && r->voted < READER_VOTE_LINES) {
            vote_on(r, record);
        }
    } else {
        vote_on(r, line);
    }
    return r->voted >= READER_VOTE_LINES || r->vote_bytes >= READER_VOTE_BYTES;
}

static void explain(struct reader *r, unsigned second)
{
    if (r->chosen == NOBODY) {
        snprintf(r->reason, sizeof(r->reason), "none of %u lines fits any format", r->voted);
        return;
    }
    int n = snprintf(r->reason, sizeof(r->reason), "%u of %u lines", r->all[r->chosen].accepted,
                     r->voted);
    if (r->layout) {
        n += snprintf(r->reason + n, sizeof(r->reason) - (size_t)n, " fit %s", r->layout);
    }
    n = n < READER_REASON ? n : READER_REASON - 1;
    if (second != NOBODY && r->all[second].accepted) {
        snprintf(r->reason + n, sizeof(r->reason) - (size_t)n, "; next: %s, %u",
                 r->all[second].parser->name, r->all[second].accepted);
    }
}

/* Does a lighter format with more votes win? Not by a few stray lines, and over one that can hardly
 * be mistaken only by far: the others are read all the same, and what the heavier one says of its
 * own is worth more. */
static bool beats(const struct candidate *lighter, const struct candidate *heavier)
{
    unsigned quarters = heavier->parser->weight == lighter->parser->weight ? 4
                        : heavier->parser->weight >= UNMISTAKABLE          ? 8
                                                                           : 5;
    return 4 * lighter->accepted > quarters * heavier->accepted;
}

/* Gives up what learning needs; it does not begin again. */
static void end_learning(struct reader *r)
{
    buf_done(&r->unread);
    r->n_unread = LEARN_LINES;
}

/* How many of the lines a layout reads. */
static unsigned count_read(const struct reader *r, struct candidate *c, struct span lines)
{
    unsigned n = 0;
    struct event e;
    while (lines.len) {
        struct span line = span_head(lines, span_find(lines, '\n'));
        lines = span_after(lines, line.len + 1);
        n += accepts(r, c, line, &e);
    }
    drop_state(r, c);
    return n;
}

/* The lines without their envelopes. */
static void open_all(struct span lines, struct buf *inner)
{
    struct envelope *env = alloc_zero(1, sizeof(*env));
    while (lines.len) {
        struct span line = span_head(lines, span_find(lines, '\n'));
        lines = span_after(lines, line.len + 1);
        envelope_open(env, line);
        buf_add(inner, env->lines[env->n - 1]);
        buf_byte(inner, '\n');
    }
    free(env);
}

/* Learns from what is in the envelopes of the lines or, when more can be told of them, from the
 * lines as they are. Such a layout is worth to be one more candidate when it reads more of the
 * lines than the best of the others does. True when it is there, as the last one. */
static bool learn(struct reader *r, unsigned best_votes)
{
    struct buf inner = {0}, layouts[2] = {{0}, {0}};
    open_all(buf_span(&r->unread), &inner);
    unsigned named = learn_layout(buf_span(&inner), &layouts[0]);
    bool is_whole = learn_layout(buf_span(&r->unread), &layouts[1]) > named;
    struct candidate c = {.parser = format_find(SPAN("layout"))};
    buf_byte(&layouts[is_whole], '\0');
    c.args = layouts[is_whole].data;
    if (named || is_whole) {
        c.accepted = count_read(r, &c, buf_span(is_whole ? &r->unread : &inner));
    }
    bool is_worth = 2 * c.accepted > r->n_unread && c.accepted > best_votes;
    if (is_worth) {
        r->layout = layouts[is_whole].data;
        layouts[is_whole] = (struct buf){0};
        r->all[r->n++] = c;
    }
    buf_done(&inner);
    buf_done(&layouts[0]);
    buf_done(&layouts[1]);
    return is_worth;
}

/* With equal votes the heavier format wins, because it stands first and only more votes replace it.
 */
void reader_decide(struct reader *r)
{
    unsigned best = NOBODY, second = NOBODY;
    for (unsigned i = 0; i < r->n; i++) {
        unsigned votes = r->all[i].accepted;
        if (votes && (best == NOBODY || beats(&r->all[i], &r->all[best]))) {
            second = best;
            best = i;
        } else if (votes && (second == NOBODY || votes > r->all[second].accepted)) {
            second = i;
        }
    }
    if (r->is_auto && (best == NOBODY || 4 * r->all[best].accepted < 3 * r->voted) &&
        learn(r, best == NOBODY ? 0 : r->all[best].accepted)) {
        second = best;
        best = r->n - 1;
    }
    if (best != NOBODY || !can_keep(r)) {
        end_learning(r);
    }
    /* The lines of the vote are read once more, so every state begins anew. */
    for (unsigned i = 0; i < r->n; i++) {
        drop_state(r, &r->all[i]);
    }
    drop_envelope(r);
    r->chosen = r->last = best;
    r->is_enveloped = best != NOBODY && 2 * r->all[best].inside > r->all[best].accepted;
    r->is_undecided = false;
    explain(r, second);
}

size_t reader_votes(const struct reader *r, struct reader_votes *out, size_t max, unsigned *voted)
{
    size_t n = 0;
    *voted = r->voted;
    for (unsigned i = 0; i < r->n; i++) {
        struct reader_votes row = {r->all[i].parser, r->all[i].accepted};
        size_t at = n < max ? n++ : max;
        if (row.accepted == 0 || (at == max && row.accepted <= out[max - 1].accepted)) {
            n -= row.accepted == 0 && at < max;
            continue;
        }
        for (at -= at == max; at > 0 && out[at - 1].accepted < row.accepted; at--) {
            out[at] = out[at - 1];
        }
        out[at] = row;
    }
    return n;
}

struct reader_near reader_nearest(struct reader *r, struct span line)
{
    struct reader_near nearest = {0};
    for (unsigned i = 0; i < r->n; i++) {
        struct candidate *c = &r->all[i];
        size_t offset;
        int field;
        if (!c->parser->reach) {
            continue;
        }
        if (!c->is_open) {
            make_state(r, c);
        }
        unsigned fields = c->parser->reach(c->state, line, &offset, &field);
        if (fields > nearest.fields) {
            nearest = (struct reader_near){c->parser, fields, offset, (enum field)field};
        }
    }
    return nearest;
}

const struct parser *reader_last(const struct reader *r)
{
    return r->last == NOBODY ? NULL : r->all[r->last].parser;
}

/* A single foreign line changes nothing: a line that the chosen format reads ends the run. */
static void count_rival(struct reader *r, unsigned who)
{
    r->start.lead += !r->start.is_met;
    r->rival_run = r->rival == who ? r->rival_run + 1 : 1;
    r->rival = who;
    if (r->rival_run >= READER_SWITCH) {
        r->switches += r->chosen != NOBODY;
        r->chosen = who;
        r->rival = NOBODY;
        r->start.has_chosen = true;
        snprintf(r->reason, sizeof(r->reason), "the last %d lines are of this format",
                 READER_SWITCH);
    }
}

/* Which format read a part of a line, and as what. */
struct part {
    unsigned who; /* NOBODY: none did */
    struct span line;
};

/* The chosen format refused the line, or only its beginning fits: the first other one that accepts
 * it whole reads it. */
static enum parse_result try_others(struct reader *r, struct span line, struct event *out,
                                    struct part *part)
{
    enum parse_result best = PARSE_BAD;
    for (unsigned i = 0; i < r->n; i++) {
        enum parse_result got = i == r->chosen ? PARSE_BAD : try(r, &r->all[i], line, out);
        if (got == PARSE_OK && !is_typical(&r->all[i])) {
            continue; /* a less demanding one reads it, too */
        }
        if (got == PARSE_OK && !out->is_partial) {
            r->last = i;
            count_rival(r, i);
            return PARSE_OK;
        }
        if (got == PARSE_OK && part->who == NOBODY) {
            *part = (struct part){i, line};
        }
        best = got == PARSE_SKIP ? PARSE_SKIP : best;
    }
    return best;
}

/* The chosen format read a line whole. */
static void meet_chosen(struct reader *r)
{
    r->last = r->chosen;
    r->rival_run = 0;
    r->start.is_met = true;
}

/* PARSE_BAD, too, when only a part of the line can be read. */
static enum parse_result try_chosen(struct reader *r, struct span line, struct event *out,
                                    struct part *part)
{
    if (r->chosen == NOBODY) {
        return PARSE_BAD;
    }
    enum parse_result got = try(r, &r->all[r->chosen], line, out);
    bool is_whole = got == PARSE_OK && !out->is_partial;
    if (is_whole) {
        meet_chosen(r);
    } else if (got == PARSE_OK && part->who == NOBODY) {
        *part = (struct part){r->chosen, line};
    }
    return got == PARSE_OK && !is_whole ? PARSE_BAD : got;
}

/* The line was not read as it is: looks into its envelopes, then asks the other formats. */
static enum parse_result look_further(struct reader *r, const struct envelope *env,
                                      struct event *out, struct part *part)
{
    enum parse_result got = PARSE_BAD, best = PARSE_BAD;
    for (unsigned i = env->n; i-- > !r->is_enveloped && got == PARSE_BAD;) {
        got = try_chosen(r, env->lines[i], out, part);
    }
    if (got != PARSE_BAD || r->n == 1) {
        return got;
    }
    for (unsigned i = 0; i < env->n && got != PARSE_OK; i++) {
        got = try_others(r, env->lines[i], out, part);
        best = got == PARSE_BAD ? best : got;
    }
    return best;
}

/* A log whose first lines were too few to show anything is looked at again with each doubling,
 * until as many are there as vote. */
static void learn_late(struct reader *r, struct span line)
{
    if (!keep_unread(r, line)) {
        return;
    }
    bool is_time = r->n_unread >= LEARN_LEAST && (r->n_unread & (r->n_unread - 1)) == 0;
    if (is_time && learn(r, 0)) {
        r->chosen = r->n - 1;
        r->switches++;
        snprintf(r->reason, sizeof(r->reason), "the first lines fit %s", r->layout);
    }
    if (r->layout || !can_keep(r)) {
        end_learning(r);
    }
}

enum parse_result reader_parse(struct reader *r, struct span line, struct event *out)
{
    struct part part = {.who = NOBODY};
    enum parse_result got = r->is_enveloped ? PARSE_BAD : try_chosen(r, line, out, &part);
    if (got != PARSE_BAD) {
        return got;
    }
    const struct envelope *env = open_envelope(r, line);
    if (env->is_silent) {
        return PARSE_SKIP;
    }
    got = look_further(r, env, out, &part);
    if (got != PARSE_OK && part.who != NOBODY) {
        r->last = part.who;
        got = try(r, &r->all[part.who], part.line, out);
    }
    if (got == PARSE_OK && out->time.len == 0) {
        field_store(out, FIELD_TIME_ANY, env->time);
    }
    if (got == PARSE_BAD && r->is_auto && r->chosen == NOBODY) {
        learn_late(r, line);
    }
    return got;
}

const struct marks_set *reader_marks(const struct reader *r)
{
    if (r->is_undecided || r->chosen == NOBODY || r->is_enveloped) {
        return NULL;
    }
    const struct candidate *c = &r->all[r->chosen];
    return c->is_open && c->parser->marks ? c->parser->marks(c->state) : NULL;
}

size_t reader_lines(struct reader *r, struct lines *lines, struct event *out, size_t max)
{
    struct candidate *c = &r->all[r->chosen];
    size_t n = c->parser->parse_lines(c->state, lines, out, max);
    if (n) {
        meet_chosen(r);
    }
    return n;
}

/* That of the format which read the last line, and not always of the chosen one: a code means what
 * the server that wrote it means. */
enum server reader_server(const struct reader *r)
{
    return r->last == NOBODY ? SERVER_UNKNOWN : r->all[r->last].parser->server;
}

const char *reader_format(const struct reader *r)
{
    return r->is_undecided       ? "auto"
           : r->chosen == NOBODY ? "unknown"
                                 : r->all[r->chosen].parser->name;
}

const char *reader_reason(const struct reader *r)
{
    return r->is_auto ? r->reason : NULL;
}

const char *reader_layout(const struct reader *r)
{
    return r->layout;
}

unsigned reader_switches(const struct reader *r)
{
    return r->switches;
}

/* Parts that wait for the end of their line, as one number. */
static uint64_t parts_of(const struct reader *r)
{
    return r->envelope ? envelope_sum(r->envelope) : 0;
}

static void take_parts(struct reader *r, const struct reader *from)
{
    if (parts_of(r) != parts_of(from)) {
        drop_envelope(r);
    }
    if (parts_of(r) != parts_of(from)) {
        r->envelope = alloc_zero(1, sizeof(*r->envelope));
        envelope_take(r->envelope, from->envelope);
    }
}

/* All memories of the candidates, one after another. A candidate that was never tried has that of
 * one just opened. */
static void copy_memory(struct reader *r, char *to)
{
    for (unsigned i = 0; i < r->n; i++) {
        size_t size = r->all[i].parser->memory_size;
        if (size && !r->all[i].is_open) {
            make_state(r, &r->all[i]);
        }
        if (size) {
            memcpy(to, r->all[i].state, size);
        }
        to += size;
    }
}

static void take_memory(struct reader *r, const char *from)
{
    for (unsigned i = 0; i < r->n; i++) {
        size_t size = r->all[i].parser->memory_size;
        if (size && !r->all[i].is_open) {
            make_state(r, &r->all[i]);
        }
        if (size) {
            memcpy(r->all[i].state, from, size);
        }
        from += size;
    }
}

/* Parts are kept: their end may come late. */
void reader_rest(struct reader *r)
{
    if (parts_of(r) == 0) {
        drop_envelope(r);
    }
}

/* Puts candidate `i` of another reader into a free place of this one. */
static void copy_candidate(struct reader *r, struct candidate *to, const struct reader *of,
                           unsigned i)
{
    const char *args = of->all[i].args;
    *to = (struct candidate){.parser = of->all[i].parser,
                             .args = args ? alloc_text(span_of(args)) : NULL};
    r->layout = args && args == of->layout ? to->args : r->layout;
}

/* It shares no states: those belong to the other thread. */
struct reader *reader_clone(struct reader *of)
{
    struct reader *r = alloc_zero(1, sizeof(*r) + (of->n + LEARNED) * sizeof(r->all[0]));
    *r = *of;
    r->unread = (struct buf){0};
    r->n_unread = LEARN_LINES;
    r->states = NULL;
    r->envelope = NULL;
    r->start = (struct reader_start){0};
    for (unsigned i = 0; i < r->n; i++) {
        copy_candidate(r, &r->all[i], of, i);
        r->start.memory_bytes += r->all[i].parser->memory_size;
    }
    r->start.memory = alloc_zero(r->start.memory_bytes + 1, 1);
    reader_resume(r, of);
    return r;
}

/* What `as` learned since the clone was made is one more candidate of the clone, too. */
void reader_resume(struct reader *clone, struct reader *as)
{
    if (clone->n < as->n) {
        copy_candidate(clone, &clone->all[clone->n], as, clone->n);
        clone->n++;
    }
    clone->chosen = clone->last = clone->start.chosen = as->chosen;
    clone->rival = clone->start.rival = as->rival;
    clone->rival_run = clone->start.rival_run = as->rival_run;
    clone->switches = clone->start.switches = as->switches;
    clone->start.lead = 0;
    clone->start.is_met = clone->start.has_chosen = false;
    copy_memory(as, clone->start.memory);
    take_memory(clone, clone->start.memory);
    clone->start.parts = parts_of(as);
    take_parts(clone, as);
}

/* Runs of a rival that reach into the piece from before do not matter when its lines before the
 * first one that the chosen format read are too few to end such a run: then nothing is left of it.
 */
static bool fits_run(const struct reader_start *start, const struct reader *as)
{
    bool is_equal =
        start->rival_run == as->rival_run && (start->rival == as->rival || start->rival_run == 0);
    unsigned most = start->rival_run > as->rival_run ? start->rival_run : as->rival_run;
    return is_equal || (start->is_met && most + start->lead < READER_SWITCH);
}

bool reader_fits(struct reader *clone, struct reader *as)
{
    const struct reader_start *start = &clone->start;
    if (start->chosen != as->chosen || !fits_run(start, as) || start->parts != parts_of(as)) {
        return false;
    }
    const char *memory = start->memory;
    for (unsigned i = 0; i < as->n; i++) {
        size_t size = as->all[i].parser->memory_size;
        if (size && !as->all[i].is_open) {
            make_state(as, &as->all[i]);
        }
        if (size && memcmp(as->all[i].state, memory, size) != 0) {
            return false;
        }
        memory += size;
    }
    return true;
}

void reader_take(struct reader *as, struct reader *clone)
{
    as->chosen = clone->chosen;
    as->last = clone->last;
    as->rival = clone->rival;
    as->rival_run = clone->rival_run;
    as->switches += clone->switches - clone->start.switches;
    if (clone->start.has_chosen) {
        memcpy(as->reason, clone->reason, sizeof(as->reason));
    }
    copy_memory(clone, clone->start.memory);
    take_memory(as, clone->start.memory);
    take_parts(as, clone);
}
