/* The steps of a line's way (docs/architecture.md), each one alone. */
#ifndef TEAPOT_MICRO_STAGE_H
#define TEAPOT_MICRO_STAGE_H

#include "bench/micro/sample.h"

struct stage {
    const char *name;
    const char *kind, *format; /* the log that it is timed on */
    /* Does it once for every line. The result means nothing, but that it had to be computed. */
    uint64_t (*pass)(struct sample *s);
    /* Has the sample what it takes? NULL: any has. */
    bool (*fits)(const struct sample *s);
};

/* All stages, in the order of a line's way; the last one has no name. Static. */
const struct stage *stage_all(void);

#endif
