/* Which codes a series has had, and since when: what an alert can call new. */
#ifndef TEAPOT_ALERT_SEEN_H
#define TEAPOT_ALERT_SEEN_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SEEN_CODES =
        64, /* codes that are remembered; of further ones it is not known that they are new */
};

struct seen_code {
    uint16_t status, entry; /* as in struct verdict */
    int64_t first;          /* second */
};

/* A zeroed struct has seen nothing; freed with free(seen.codes). */
struct seen {
    struct seen_code *codes;
    uint32_t n;
};

/* Notes that there was such a code at that second. Seconds may come in any order. */
void seen_note(struct seen *seen, uint16_t status, uint16_t entry, int64_t second);

/* The first second of a code; INT64_MIN when it is not remembered. */
int64_t seen_first(const struct seen *seen, uint16_t status, uint16_t entry);

#endif
