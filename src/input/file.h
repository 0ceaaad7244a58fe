/*
 * Reads a file, a FIFO or standard input to its end, unpacking gzip and zstd (told from the first
 * bytes, not from the name). Blocking: for scans. What a file has can be read by offset, from many
 * threads, when it is plain and no pipe; else it is read in its order, by one.
 */
#ifndef TEAPOT_INPUT_FILE_H
#define TEAPOT_INPUT_FILE_H

#include "base/diag.h"
#include "base/span.h"

struct file;

/* Opens `path`, "-" for standard input. NULL with `why` filled when it can't be opened or is a
 * folder. */
struct file *file_open(const char *path, struct problem *why);

/* Can it be read by offset? Then its descriptor, for file_read_at, belongs to the file; else -1. */
int file_by_offset(const struct file *f);

/* Reads bytes at an offset of a descriptor until `size` are there or the file ends. Returns how
 * many there were, or a negative errno. */
ptrdiff_t file_read_at(int fd, char *to, size_t size, uint64_t offset);

/* Reads on until `size` bytes are there or nothing more comes, unpacked. Returns how many; 0 at the
 * end; or a negative errno with `why` filled, in the call after the one that gave the last good
 * bytes, and in each later one. */
ptrdiff_t file_read(struct file *f, char *to, size_t size, struct problem *why);

/* How far file_read has come, in bytes of the (packed) file: at first where reading begins. */
uint64_t file_position(const struct file *f);

/* Size of the (packed) file in bytes when it was opened; 0 when that is not known. */
uint64_t file_size(const struct file *f);

/* Fills `why` with an errno (positive) that concerns the file. */
void file_say(const struct file *f, int error, struct problem *why);

/* Closes the file, but not standard input. `f` may be NULL. */
void file_close(struct file *f);

#endif
