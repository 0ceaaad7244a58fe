#include "alert/piece.h"

#include "codes/verdict.h"
#include "tally/pack.h"

void piece_get_code(struct packing *in, uint16_t *status, uint16_t *entry)
{
    if (in->version >= 3) {
        pack_read_code(in, status, entry);
    } else {
        *status = (uint16_t)packing_get_upto(in, STATUS_SLOTS - 1);
        *entry = verdict_entry(*status, SERVER_UNKNOWN, (struct span){0});
    }
}
