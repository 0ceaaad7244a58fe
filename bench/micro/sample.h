/*
 * What stages are timed on: some thousand lines of a made-up log in memory, cut and parsed, so that
 * each stage finds what the one before it would have left. Few enough to lie near the processor, as
 * a piece that was just read does; too many for it to learn them by heart.
 */
#ifndef TEAPOT_MICRO_SAMPLE_H
#define TEAPOT_MICRO_SAMPLE_H

#include "codes/verdict.h"
#include "format/format.h"

struct sample {
    const char *kind; /* of the generator */
    struct span text;
    size_t n;
    struct span *lines;
    struct event *events; /* of the lines; cleared where a line was no request */
    int64_t *ms;          /* their times */
    struct format format;
    void *state; /* the parser's */
    struct verdict_table verdicts;
};

/* Makes `n` lines of a kind that the generator knows, to be freed with sample_done. False when it
 * does not. */
bool sample_init(struct sample *s, const char *kind, const char *format, size_t n);
void sample_done(struct sample *s);

#endif
