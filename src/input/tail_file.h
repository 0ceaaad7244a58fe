/*
 * What may be asked about a followed file: how far it was read, and for whom. The file belongs to
 * its tail, and lives until that is stopped or has read the file to its end after a rotation.
 */
#ifndef TEAPOT_INPUT_TAIL_FILE_H
#define TEAPOT_INPUT_TAIL_FILE_H

#include "input/framer.h"
#include "input/tail_types.h"

/* The name it was found under. Lives as long as the file. */
const char *tail_file_path(const struct tail_file *f);

void *tail_file_user(const struct tail_file *f);

/* The framer to cut this file's lines with. It lives with the file because after a rotation two
 * files with the same user are read side by side; the tail resets it on truncation, and lets it
 * skip the rest of a line when reading starts inside one. */
struct framer *tail_file_framer(struct tail_file *f);

/* The descriptor, which belongs to the tail; -1 when the file is closed. */
int tail_file_fd(const struct tail_file *f);

struct tail_position tail_file_position(const struct tail_file *f);

/* Bytes that are there but were not used yet. */
uint64_t tail_file_lag(const struct tail_file *f);

/* Was everything read at the last look? */
bool tail_file_is_caught_up(const struct tail_file *f);

#endif
