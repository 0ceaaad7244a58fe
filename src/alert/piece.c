#include "alert/piece.h"

#include "codes/verdict.h"

void piece_put_code(struct buf *out, uint16_t status, uint16_t entry)
{
    packing_put(out, status);
    packing_put_text(out, span_of(verdict_vendor((struct verdict){status, entry, BLAME_NONE})));
}

void piece_get_code(struct packing *in, uint16_t *status, uint16_t *entry)
{
    *status = (uint16_t)packing_get_upto(in, STATUS_SLOTS - 1);
    *entry = in->version < 3 ? verdict_entry(*status, SERVER_UNKNOWN, (struct span){0})
                             : verdict_entry_of(*status, packing_get_text(in));
}
