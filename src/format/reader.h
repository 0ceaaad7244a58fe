/*
 * Lines to events, with the format that was named or, under auto, with the one that the lines
 * themselves choose: all candidates read the first lines, the one that accepts most wins. Later, a
 * line that the chosen one refuses is shown to the others, so that a file may mix formats; when one
 * of them takes over for good, it becomes the chosen one. Lines that no format reads may show how
 * they are laid out (parsers/lang/learn.h); then that layout is one more format. What is decided
 * depends on the lines alone, not on how they arrive, as long as the first READER_VOTE_LINES are
 * seen together. A line in an envelope (parsers/lang/envelope.h) is what is in it, unless a format
 * reads it as it is.
 */
#ifndef TEAPOT_FORMAT_READER_H
#define TEAPOT_FORMAT_READER_H

#include "event/field.h"
#include "format/format.h"

struct states; /* format/states.h */

enum {
    READER_VOTE_LINES = 64,    /* lines that vote at first */
    READER_VOTE_BYTES = 65536, /* or so many bytes of them */
    READER_REASON = 200,       /* bytes of a layout that is named in it */
    READER_SWITCH = 8, /* so many lines in a row for another format make it the chosen one */
};

struct reader;

/* A reader for a format, which is copied. `dropped` are fields that nobody wants, FIELD_SKIP at the
 * end, or NULL; they must outlive the reader. Freed with reader_free. */
struct reader *reader_new(const struct format *format, const enum field *dropped);
void reader_free(struct reader *r);

/* Gives memory back that is only for lines, when none are to be expected soon. */
void reader_rest(struct reader *r);

/* Would a new reader of the same format read on as this one? Then it need not be kept while no
 * lines come. Never one that has to be opened with arguments: that may take long. */
bool reader_is_as_new(const struct reader *r);

/* Gives back the candidates as well. Before the next line is read reader_wake must be called, which
 * does nothing to a reader that is awake. */
void reader_sleep(struct reader *r);
void reader_wake(struct reader *r);

/* From now on the reader shares what states it can with others of its thread. They must have the
 * reader's `dropped`, and outlive it. To be called before the first line. */
void reader_share(struct reader *r, struct states *states);

/* Is the format still to be chosen? Then lines must go to reader_vote until it says that it has
 * enough, and reader_decide must be called before reader_parse. */
bool reader_is_undecided(const struct reader *r);

/* Shows a line to all candidates. True when enough lines voted. */
bool reader_vote(struct reader *r, struct span line);

/* Ends the vote. The lines that voted are then to be read with reader_parse, from the first on. */
void reader_decide(struct reader *r);

/* How a candidate did in the vote. */
struct reader_votes {
    const struct parser *parser;
    unsigned accepted; /* lines */
};

/* Writes at most `max` candidates that accepted a line, the most votes first, and returns how many;
 * `*voted` is how many lines voted. */
size_t reader_votes(const struct reader *r, struct reader_votes *out, size_t max, unsigned *voted);

/* How near a format comes to a line that none reads. */
struct reader_near {
    const struct parser *parser; /* NULL: no field of any fits */
    unsigned fields;             /* that fit */
    size_t offset;               /* where the next one was to begin */
    enum field field;            /* what it is */
};

/* The format that has the most fields that fit. */
struct reader_near reader_nearest(struct reader *r, struct span line);

/* What the line that was read last was read as; NULL before the first. */
const struct parser *reader_last(const struct reader *r);

/* Reads one line into `out`. */
enum parse_result reader_parse(struct reader *r, struct span line, struct event *out);

/* The bytes whose marks reader_lines wants of the lines to come; NULL when they can only be read
 * one by one. It changes with the chosen format. */
const struct marks_set *reader_marks(const struct reader *r);

/* Reads lines in a row, as reader_parse reads them one by one, until one is not as usual (that one
 * is for reader_parse) or `max` are read. Returns how many, moving `lines` behind them; all of them
 * are whole and PARSE_OK. `lines` must have been taken with reader_marks, which must not be NULL.
 */
size_t reader_lines(struct reader *r, struct lines *lines, struct event *out, size_t max);

/* What the line that was read last was read as, and so whose codes it shows. */
enum server reader_server(const struct reader *r);

/* The name of the chosen format: "combined", "auto" while undecided, "unknown" when nothing fits.
 * Static. */
const char *reader_format(const struct reader *r);

/* Why it was chosen: "61 of 64 lines; next: common, 3"; NULL when it was named. Valid as long as
 * `r`. */
const char *reader_reason(const struct reader *r);

/* The layout that was learned from lines that no format read, as arguments of the format "layout";
 * NULL when none was. Valid as long as `r`. */
const char *reader_layout(const struct reader *r);

/* How often the chosen format was changed. */
unsigned reader_switches(const struct reader *r);

/* Readers of pieces of one log. A clone reads a piece on another thread, as from the state that
 * `of` has now: the format that is chosen, and what earlier lines say about later ones. `of` must
 * be decided. Freed with reader_free; it does not need `of` any more. */
struct reader *reader_clone(struct reader *of);

/* Puts a clone into the state that `as` has now, for another piece. */
void reader_resume(struct reader *clone, struct reader *as);

/* Would the clone have read its piece in the same way from the state that `as` has now? It may have
 * begun before the lines in front of its piece were read. */
bool reader_fits(struct reader *clone, struct reader *as);

/* `as` goes on behind a piece that fits. */
void reader_take(struct reader *as, struct reader *clone);

#endif
