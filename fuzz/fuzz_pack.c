/*
 * Packed tallies as a store holds them: whatever the bytes are, reading ends, keeps within memory,
 * and leaves a tally that can be packed and merged. What is read whole comes back the same.
 */
#include "tally/pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes as lines that wait for their second, in a window with a clock. */
static void wait_for(const uint8_t *data, size_t size)
{
    struct window w = {.has_clock = true, .clock = 1795400000}, again = w;
    struct buf packed = {0};
    if (pack_read_waiting(&w, (struct span){(const char *)data, size}) && pack_has_waiting(&w)) {
        pack_waiting(&w, &packed);
        if (!pack_read_waiting(&again, buf_span(&packed)) || again.pending != w.pending) {
            abort();
        }
    }
    window_settle(&w);
    buf_done(&packed);
    window_done(&w);
    window_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tally t, again;
    struct buf packed = {0};
    tally_init(&t, UINT8_MAX, false);
    tally_init(&again, UINT8_MAX, false);
    pack_read(&t, (struct span){(const char *)data, size});
    pack_tally(&t, &packed);
    if (!pack_read(&again, buf_span(&packed)) || again.lines != t.lines ||
        again.n_cells != t.n_cells) {
        abort();
    }
    tally_merge(&again, &t, false);
    buf_done(&packed);
    tally_done(&t);
    tally_done(&again);
    wait_for(data, size);
    return 0;
}
