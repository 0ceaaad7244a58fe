/*
 * Reads files to their end with many threads: each file in chunks that workers read, several files
 * at once where one does not keep all threads busy. Results are merged in the order of files and of
 * chunks, and chunks are cut without regard to the number of threads, so that does not change any
 * result.
 */
#ifndef TEAPOT_RUN_SCAN_H
#define TEAPOT_RUN_SCAN_H

#include "run/pipeline.h"

struct scan {
    struct pipeline *pipeline;
    struct source **sources;
    const char **paths; /* of each source, "-" for standard input */
    size_t n_sources;
    unsigned threads;    /* at most so many; 1: all is done by the caller's */
    size_t chunk_bytes;  /* 0: CHUNK_BYTES */
    int64_t wall_ms;     /* when lines without stamp arrived, and in what year those without are */
    bool shows_progress; /* on standard error */
    bool failed;         /* out: something could not be read, and it was said */
};

/* Reads all sources, and gives them to the alerts and their totals. What was read of a file before
 * an error stays counted, and the others are read all the same. */
void scan_run(struct scan *scan);

#endif
