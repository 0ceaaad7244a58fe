/*
 * How servers write a request down: one writer for each format. The files writer_*.c hold their
 * functions; all of them stand in the table of writer.c.
 */
#ifndef TEAPOT_GENERATE_WRITER_H
#define TEAPOT_GENERATE_WRITER_H

#include "bench/generate/out.h"
#include "bench/generate/request.h"

enum {
    WRITER_LINE_BYTES = 128 * 1024, /* no line, and no head, is longer */
};

struct writer {
    const char *name, *about;
    /* Writes a line without its end. It may use up the luck of `r`. */
    void (*line)(struct out *o, struct request *r);
    /* Writes what stands at the start of a log, or NULL. */
    void (*head)(struct out *o, int64_t second);
};

/* The writer of a name, or NULL. Static. */
const struct writer *writer_find(const char *name);

/* All of them; the last one has no name. Static. */
const struct writer *writer_all(void);

/* Pieces that several formats have: 203.0.7.9; the path alone; "GET /path HTTP/1.1" in quotes. */
void writer_address(struct out *o, const struct request *r);
void writer_path(struct out *o, const struct request *r);
void writer_request_line(struct out *o, const struct request *r);

/* Texts of nginx's and Apache's kind (writer_text.c). */
void writer_combined(struct out *o, struct request *r);
void writer_timed(struct out *o, struct request *r);
void writer_vhost(struct out *o, struct request *r);
void writer_strange(struct out *o, struct request *r);
void writer_short(struct out *o, struct request *r);
void writer_long(struct out *o, struct request *r);

#endif
