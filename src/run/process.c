/*
 * What the process itself costs, for the process_* metrics, from getrusage(2), getrlimit(2) and
 * /proc (proc(5)). What can not be read is 0: a metric is no reason to fail.
 */
#define _DEFAULT_SOURCE /* struct rusage of getrusage */

#include "run/process.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LARGE_BYTES = 262144,
    ARENAS = 2,
};

/* Since Linux 6.2 the size of the folder says it; it is 0 before. */
static uint64_t count_descriptors(void)
{
    uint64_t n = 0;
    struct stat st;
    if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0) {
        return (uint64_t)st.st_size;
    }
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) {
        return 0;
    }
    while (readdir(dir)) {
        n++;
    }
    closedir(dir);
    return n > 3 ? n - 3 : 0; /* ".", ".." and the one that reads */
}

/* The first two fields of statm are the size and the resident set, in pages. */
struct prometheus_process process_read(int64_t started_ms)
{
    struct prometheus_process p = {.start_time_seconds = (double)started_ms / 1000};
    struct rusage usage;
    struct rlimit limit;
    unsigned long size = 0, resident = 0;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        p.cpu_seconds = (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    }
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%lu %lu", &size, &resident) == 2) {
            uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
            p.virtual_bytes = size * page;
            p.resident_bytes = resident * page;
        }
        fclose(f);
    }
    p.open_fds = count_descriptors();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        p.max_fds = limit.rlim_cur;
    }
    return p;
}

/* The soft limit is usually low for the sake of select(2), which is not used here; each followed
 * file takes a descriptor. When this fails, the old limit is as good as before. */
void process_raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* glibc raises its limit for what is mapped apart with each large piece that is freed, unless it is
 * set (mallopt(3)); and each thread has an arena of its own, which stays as large as it ever was.
 */
void process_keep_small(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_ARENA_MAX, ARENAS);
#endif
}
