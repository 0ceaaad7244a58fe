/* Parts of an alert as a person reads them, for whoever writes one out. */
#ifndef TEAPOT_OUTPUT_WORDING_H
#define TEAPOT_OUTPUT_WORDING_H

#include "alert/alert.h"
#include "base/buf.h"

/* Appends its codes, "502 x 109, 504 x 53". */
void wording_codes(struct buf *out, const struct alert *a);

/* Appends where its errors are, "upstream 10.0.0.7:8080 (92 %), route /cart (71 %)"; nothing when
 * they are everywhere. */
void wording_places(struct buf *out, const struct alert *a);

/* Whose fault most of its errors are. Static. */
const char *wording_blame(const struct alert *a);

/* "resolved", else how bad it is: "critical", "warning". Static. */
const char *wording_state(const struct alert *a);

/* Appends state and summary in one line, "[critical] 502 from …"; "[still critical]" when it is
 * told again. */
void wording_head(struct buf *out, const struct alert *a);

#endif
