/*
 * What the recent errors of one series were: kinds with their counts, and a few lines as samples.
 * Kept while they are in the rule's window, so that an alert can say which codes, whose fault and
 * where; and by five minutes for a while longer, so that it can say what of that is new.
 */
#ifndef TEAPOT_ALERT_DIAGNOSIS_H
#define TEAPOT_ALERT_DIAGNOSIS_H

#include "alert/label.h"
#include "alert/notice.h"
#include "tally/window.h"

enum {
    DIAGNOSIS_KINDS =
        4096, /* kinds of error per second and series; then names are given up, oldest first */
    DIAGNOSIS_SAMPLES = 6, /* of the window, and as many as one feed brings ahead of it */
};

/* So many errors of one kind in a second. Names may be NULL. */
struct diagnosis_error {
    int64_t second;
    struct label *host, *route, *upstream;
    uint64_t count;
    uint16_t status, entry; /* as in struct verdict */
    uint8_t blame;          /* enum blame, or WINDOW_MASKED */
};

struct diagnosis_sample {
    int64_t second;
    char *text; /* shorter than ALERT_SAMPLE_BYTES */
};

/* A zeroed struct is empty. */
struct diagnosis {
    struct diagnosis_error *errors;
    uint32_t n_errors;
    uint32_t cap_errors;  /* before more are aged: there may be … */
    uint32_t room_errors; /* … less memory than that for now */
    uint16_t n_samples, cap_samples;
    struct diagnosis_sample *samples; /* at most DIAGNOSIS_SAMPLES */
};

/* Gives the names back to their table and frees the rest. */
void diagnosis_done(struct diagnosis *d, struct label_table *labels);

/* Adds errors of a second, which may lie ahead of the last one closed; takes over the holds on the
 * names. What is older than `oldest` is needed by blocks of five minutes only, and what is much
 * older not at all.
 */
void diagnosis_add(struct diagnosis *d, struct label_table *labels,
                   const struct diagnosis_error *error, int64_t oldest);

/* Keeps a line of an error, in the way that is wanted. */
void diagnosis_keep(struct diagnosis *d, const struct window_sample *sample, enum rule_samples how,
                    int64_t oldest);

/* Gives back memory that is not in use. */
void diagnosis_fit(struct diagnosis *d);

/* Forgets of what is older than `oldest` what diagnosis_add would, and fits. */
void diagnosis_rest(struct diagnosis *d, struct label_table *labels, int64_t oldest);

/* Which seconds an alert is about, and what it is compared with. */
struct diagnosis_time {
    int64_t first, last; /* both included */
    int64_t before_from,
        before_to; /* whole blocks of five minutes before the onset, the end not included */
    double usual;  /* so many of the errors are usual, and no news; 0 when that is not known */
};

/* The rule's window that ends with a second, and ten minutes before the onset. */
struct diagnosis_time diagnosis_time(int64_t second, int window_s, int64_t onset, double usual);

/* Is it one of the errors that the alert is about, or of those before? */
static inline bool diagnosis_is_now(const struct diagnosis_time *time,
                                    const struct diagnosis_error *e)
{
    return e->second >= time->first && e->second <= time->last && e->blame != WINDOW_MASKED;
}

static inline bool diagnosis_is_before(const struct diagnosis_time *time,
                                       const struct diagnosis_error *e)
{
    return e->second >= time->before_from && e->second < time->before_to &&
           e->blame != WINDOW_MASKED;
}

/* Fills in codes, blame, masked retries and samples of an alert. Returns how many errors it is
 * about. */
uint64_t diagnosis_fill(const struct diagnosis *d, const struct diagnosis_time *time,
                        struct alert *out);

#endif
