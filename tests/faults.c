#define _GNU_SOURCE      /* RTLD_NEXT */
#undef _FILE_OFFSET_BITS /* pread and pread64 are both to be had under their own names */

/*
 * A disk that fails now and then, to be put under a daemon with LD_PRELOAD: of the calls that touch
 * a file whose path ends with $FAULTS_READ, reads fail with EIO or EINTR or give less than was
 * asked for; of those with $FAULTS_WRITE in it, writes say ENOSPC or EIO or write less, and fsync
 * fails. One call of $FAULTS_EVERY fails, in an order that $FAULTS_SEED decides. Writes begin to
 * fail $FAULTS_AFTER_MS after the first: a daemon whose store fails at once does not start.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ISO C has no such conversion; POSIX does (dlsym). */
#define REAL(name) (__extension__(__typeof__(name) *) dlsym(RTLD_NEXT, #name))

ssize_t pread64(int fd, void *buf, size_t n, off64_t at);
ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at);

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static bool is_due(void)
{
    static atomic_uint_fast64_t calls;
    uint64_t x = atomic_fetch_add(&calls, 1) + number("FAULTS_SEED", 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (x ^ x >> 31) % number("FAULTS_EVERY", 50) == 0;
}

static bool is_of(int fd, const char *variable, bool at_end)
{
    const char *part = getenv(variable);
    char link[32], path[4096];
    int before = errno;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = part ? readlink(link, path, sizeof(path) - 1) : -1;
    errno = before;
    if (n < 0) {
        return false;
    }
    path[n] = '\0';
    const char *found = strstr(path, part);
    return found && (!at_end || found[strlen(part)] == '\0');
}

static bool has_begun(void)
{
    static atomic_llong first;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000, none = 0;
    atomic_compare_exchange_strong(&first, &none, ms);
    return ms - atomic_load(&first) >= (long long)number("FAULTS_AFTER_MS", 0);
}

/* 0: no fault; else what errno is to be, or -1 for less than was asked for. */
static int read_fault(int fd, size_t n)
{
    static atomic_uint turn;
    static const int kinds[] = {EIO, -1, EINTR};
    if (!is_of(fd, "FAULTS_READ", true) || !is_due()) {
        return 0;
    }
    int kind = kinds[atomic_fetch_add(&turn, 1) % 3];
    return kind < 0 && n < 2 ? EIO : kind;
}

static int write_fault(int fd, size_t n)
{
    static atomic_uint turn;
    static const int kinds[] = {ENOSPC, -1, EIO};
    if (!is_of(fd, "FAULTS_WRITE", false) || !has_begun() || !is_due()) {
        return 0;
    }
    int kind = kinds[atomic_fetch_add(&turn, 1) % 3];
    return kind < 0 && n < 2 ? ENOSPC : kind;
}

/* The rest of a call: fails, or is made for half of the bytes, or for all. */
#define CARRY_OUT(fault, n, call) \
    do {                          \
        int is = (fault);         \
        if (is > 0) {             \
            errno = is;           \
            return -1;            \
        }                         \
        n = is < 0 ? n / 2 : n;   \
        return call;              \
    } while (0)

ssize_t read(int fd, void *buf, size_t n)
{
    CARRY_OUT(read_fault(fd, n), n, REAL(read)(fd, buf, n));
}

ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
    CARRY_OUT(read_fault(fd, n), n, REAL(pread)(fd, buf, n, at));
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at)
{
    CARRY_OUT(read_fault(fd, n), n, REAL(pread64)(fd, buf, n, at));
}

ssize_t write(int fd, const void *buf, size_t n)
{
    CARRY_OUT(write_fault(fd, n), n, REAL(write)(fd, buf, n));
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
    CARRY_OUT(write_fault(fd, n), n, REAL(pwrite)(fd, buf, n, at));
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
    CARRY_OUT(write_fault(fd, n), n, REAL(pwrite64)(fd, buf, n, at));
}

int fsync(int fd)
{
    int is = write_fault(fd, 0);
    errno = is ? EIO : errno;
    return is ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    int is = write_fault(fd, 0);
    errno = is ? EIO : errno;
    return is ? -1 : REAL(fdatasync)(fd);
}
