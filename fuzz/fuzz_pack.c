/*
 * Packed tallies as a store holds them: whatever the bytes are, reading ends, keeps within memory,
 * and leaves a tally that can be packed and merged. What is read whole comes back the same.
 */
#include "tally/pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    return 0;
}
