/*
 * Any bytes as the file of a store: it is read, or set aside and a new one begun; what was read can
 * be saved, and comes back.
 */
#include "base/alloc.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];

static void clear(void)
{
    char *command = alloc_printf("rm -f %s/*", folder);
    if (system(command)) {
        abort();
    }
    free(command);
}

static void remove_all(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *name = alloc_printf("%s%s", path, ends[i]);
        unlink(name);
        free(name);
    }
}

/* Opens what is there, and closes it again after another checkpoint. How many positions it had; -1
 * when one of that failed. */
static ptrdiff_t open_and_save(const char *path)
{
    struct store_file *f = NULL;
    struct store s = {0};
    struct problem why = {.text = ""};
    int r = store_open(&f, path, &s, &why);
    ptrdiff_t n = (ptrdiff_t)s.n_positions;
    r = r ? r : store_save(f, &s, &why);
    store_done(&s);
    store_close(f);
    return r ? -1 : n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    if (!folder[0]) {
        snprintf(folder, sizeof(folder), "/dev/shm/fuzz_store.XXXXXX");
        if (!mkdtemp(folder)) {
            abort();
        }
    }
    char *path = alloc_printf("%s/store", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    close(fd);
    ptrdiff_t n = open_and_save(path);
    if (n >= 0 && open_and_save(path) != n) {
        abort();
    }
    remove_all(path);
    if (++runs % 256 == 0) { /* those that were set aside */
        clear();
    }
    free(path);
    return 0;
}
