/* Any text as another server's configuration: it is refused, or what comes out is a good
 * configuration of ours. The first byte says whose it is. */
#include "base/alloc.h"
#include "config/config.h"
#include "config/from.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PATH = 128,
};

static const struct {
    const char *server, *conf;
} servers[] = {{"nginx", "nginx.conf"},
               {"apache", "httpd.conf"},
               {"haproxy", "haproxy.cfg"},
               {"caddy", "Caddyfile"}};

static char folder[PATH];

static void remove_folder(void)
{
    char path[PATH * 2];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, servers[i].conf);
        remove(path);
    }
    rmdir(folder);
}

/* Includes lead nowhere but to the file itself and to what the machine has. */
static void make_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/fuzz_from.%d", tmp ? tmp : "/tmp", (int)getpid());
    mkdir(folder, 0700);
    atexit(remove_folder);
}

static void check(struct span text)
{
    struct config config;
    struct problem why = {.file = ""};
    char *copy = alloc_text(text);
    config_init(&config);
    if (config_parse(&config, copy, "printed.conf", &why)) {
        fprintf(stderr, "%d:%d: %s\n%s", why.line, why.column, why.text, copy);
        abort();
    }
    config_done(&config);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH * 2];
    struct problem why = {.file = ""};
    struct buf out = {0};
    if (!folder[0]) {
        make_folder();
    }
    if (size == 0) {
        return 0;
    }
    size_t which = data[0] % 4;
    snprintf(path, sizeof(path), "%s/%s", folder, servers[which].conf);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data + 1, 1, size - 1, file) != size - 1 || fclose(file)) {
        abort();
    }
    int r = from_server(span_of(servers[which].server), folder, &out, &why);
    assert(r ? why.text[0] && out.len == 0 : out.len > 0);
    if (r == 0) {
        check(buf_span(&out));
    }
    buf_done(&out);
    return 0;
}
