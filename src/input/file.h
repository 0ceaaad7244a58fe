/*
 * Reads a file, a FIFO or standard input to its end, unpacking gzip and zstd (told from the first
 * bytes, not from the name). Blocking: for scans. The buffer belongs to the reader.
 */
#ifndef TEAPOT_INPUT_FILE_H
#define TEAPOT_INPUT_FILE_H

#include "base/diag.h"
#include "base/span.h"

struct file;

/* Opens `path`, "-" for standard input. NULL with `why` filled when it can't be opened or is a
 * folder. */
struct file *file_open(const char *path, struct problem *why);

/* Reads on: `*bytes` becomes what is unread so far, as one piece: what file_keep left, and new
 * bytes behind it; valid until the next call. 1 when there is something new, 0 at the end (`*bytes`
 * is what was left), or a negative errno with `why` filled and `*bytes` what was left; what was
 * read before an error stays good. -ENOBUFS: more was kept than a line may have. */
int file_read(struct file *f, struct span *bytes, struct problem *why);

/* Says that only the last `n` bytes of what file_read gave are still wanted: at most
 * FRAMER_LINE_BYTES. Without this call all of it is. */
void file_keep(struct file *f, size_t n);

/* How far the reading is, in bytes of the (packed) file. */
uint64_t file_position(const struct file *f);

/* Size of the (packed) file in bytes; 0 when that is not known. */
uint64_t file_size(const struct file *f);

/* Closes the file, but not standard input. `f` may be NULL. */
void file_close(struct file *f);

#endif
