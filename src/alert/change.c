/*
 * The counts are taken as two binomials with a change between them, and the change is put where
 * their likelihood is largest. With n requests and x errors in a part, and its own ratio p = x/n,
 * the part's log likelihood is x ln p + (n-x) ln(1-p). A change must win more than 3 + ln(steps)
 * over "no change": three nats, and the price of having had so many places to choose from. Worked
 * example: 50 steps of 10 requests with no error, then 10 of 10 with 3 errors each: no change gives
 * -119, a change at step 50 gives -61: it wins 58 against 7.
 */
#include "alert/change.h"

#include <math.h>
#include <stdbool.h>

/* log1p keeps its precision where errors are few, which is the usual case. */
static double part_likelihood(uint64_t requests, uint64_t errors)
{
    if (errors == 0 || errors >= requests) {
        return 0; /* limit of p ln p */
    }
    double n = (double)requests, x = (double)errors;
    return x * log(x / n) + (n - x) * log1p(-x / n);
}

size_t change_find(const void *ctx, change_step_fn step, size_t n)
{
    struct change_step all = {0}, before = {0};
    size_t first_error = n, best = n;
    for (size_t i = 0; i < n; i++) {
        struct change_step s = step(ctx, i);
        all.requests += s.requests;
        all.errors += s.errors;
        first_error = s.errors && first_error == n ? i : first_error;
    }
    double most = part_likelihood(all.requests, all.errors) + 3 + log((double)n);
    for (size_t i = 0; i < n; i++) {
        uint64_t requests = all.requests - before.requests, errors = all.errors - before.errors;
        bool is_worse =
            before.requests && requests &&
            (double)errors * (double)before.requests > (double)before.errors * (double)requests;
        if (is_worse) {
            double now =
                part_likelihood(before.requests, before.errors) + part_likelihood(requests, errors);
            if (now >= most) { /* the later of equals, since empty steps change nothing */
                most = now;
                best = i;
            }
        }
        struct change_step s = step(ctx, i);
        before.requests += s.requests;
        before.errors += s.errors;
    }
    return best < n ? best : first_error < n ? first_error : 0;
}
