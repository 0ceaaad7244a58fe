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
#include "format/reader_inside.h"
#include "format/states.h"
#include "parsers/lang/bundle.h"
#include "parsers/lang/learn.h"

#include <stdlib.h>

/* The state is made when the candidate is tried for the first time: most never are after the vote.
 */
void reader_open_state(const struct reader *r, struct candidate *c)
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
        reader_open_state(r, c);
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
    struct reader *r = alloc_zero(1, sizeof(*r));
    r->all = alloc_zero(most, sizeof(r->all[0]));
    for (const struct format *f = format; f && r->n < CANDIDATES; f = f->next) {
        r->all[r->n++] = (struct candidate){.parser = f->parser,
                                            .args = f->args ? alloc_text(span_of(f->args)) : NULL};
    }
    return r;
}

/* Parsers without a weight are read only when somebody names them. */
static void add_candidates(struct reader *r)
{
    const struct parser *const *parsers = format_parsers();
    r->all = alloc_zero(CANDIDATES, sizeof(r->all[0]));
    for (size_t i = 0; parsers[i] && r->n < CANDIDATES; i++) {
        if (parsers[i]->weight > 0) {
            add_candidate(r, parsers[i]);
        }
    }
    r->all = alloc_resize(r->all, r->n + LEARNED, sizeof(r->all[0]));
}

static struct reader *new_auto(void)
{
    struct reader *r = alloc_zero(1, sizeof(*r));
    add_candidates(r);
    r->is_auto = r->is_undecided = true;
    return r;
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
    free(r->all);
    free(r->envelope);
    free(r->reason);
    buf_done(&r->unread);
    free(r->start.memory);
    free(r);
}

bool reader_is_undecided(const struct reader *r)
{
    return r->is_undecided;
}

void reader_drop_envelope(struct reader *r)
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

void reader_set_reason(struct reader *r, char *reason)
{
    free(r->reason);
    r->reason = reason;
}

static void explain(struct reader *r, unsigned second)
{
    if (r->chosen == NOBODY) {
        reader_set_reason(r, alloc_printf("none of %u lines fits any format", r->voted));
        return;
    }
    const struct candidate *next = second == NOBODY ? NULL : &r->all[second];
    char *votes = next && next->accepted
                      ? alloc_printf("; next: %s, %u", next->parser->name, next->accepted)
                      : alloc_text(SPAN(""));
    reader_set_reason(r, alloc_printf("%u of %u lines%s%.*s%s", r->all[r->chosen].accepted,
                                      r->voted, r->layout ? " fit " : "", READER_REASON,
                                      r->layout ? r->layout : "", votes));
    free(votes);
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
    reader_drop_envelope(r);
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
            reader_open_state(r, c);
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
    return r->asleep_as ? r->asleep_as : r->last == NOBODY ? NULL : r->all[r->last].parser;
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
        reader_set_reason(r, alloc_printf("the last %d lines are of this format", READER_SWITCH));
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
        reader_set_reason(r, alloc_printf("the first lines fit %.*s", READER_REASON, r->layout));
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
    const struct parser *last = reader_last(r);
    return last ? last->server : SERVER_UNKNOWN;
}

const char *reader_format(const struct reader *r)
{
    return r->is_undecided       ? "auto"
           : r->asleep_as        ? r->asleep_as->name
           : r->chosen == NOBODY ? "unknown"
                                 : r->all[r->chosen].parser->name;
}

const char *reader_reason(const struct reader *r)
{
    return !r->is_auto || r->reason ? r->reason : "";
}

const char *reader_layout(const struct reader *r)
{
    return r->layout;
}

unsigned reader_switches(const struct reader *r)
{
    return r->switches;
}

uint64_t reader_parts(const struct reader *r)
{
    return r->envelope ? envelope_sum(r->envelope) : 0;
}

/* Parts are kept: their end may come late. */
void reader_rest(struct reader *r)
{
    if (reader_parts(r) == 0) {
        reader_drop_envelope(r);
    }
}

/* Would a reader with new candidates read on in the same way? What a candidate remembers of earlier
 * lines, or learned from them, can't be had again. */
static bool can_give_back(const struct reader *r)
{
    bool can = r->is_auto && !r->is_undecided && !r->asleep_as && !r->layout &&
               r->chosen != NOBODY && r->last == r->chosen && r->rival_run == 0;
    for (unsigned i = 0; i < r->n && can; i++) {
        can = !r->all[i].is_open || r->all[i].parser->memory_size == 0;
    }
    return can;
}

bool reader_is_as_new(const struct reader *r)
{
    const struct candidate *c = r->n == 1 ? &r->all[0] : NULL;
    return c && !r->is_auto && !c->args && c->parser->memory_size == 0 && reader_parts(r) == 0;
}

void reader_sleep(struct reader *r)
{
    reader_rest(r);
    if (!can_give_back(r)) {
        return;
    }
    r->asleep_as = r->all[r->chosen].parser;
    for (unsigned i = 0; i < r->n; i++) {
        drop_state(r, &r->all[i]);
    }
    free(r->all);
    r->all = NULL;
    r->n = 0;
}

/* The candidates come in the same order as before. */
void reader_wake(struct reader *r)
{
    if (r->asleep_as) {
        add_candidates(r);
        r->asleep_as = NULL;
    }
}
