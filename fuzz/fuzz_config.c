/* Any text as a configuration file: it must be read or refused with a place, without a crash or a
 * leak. */
#include "base/alloc.h"
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct problem why = {.file = ""};
    char *text = alloc_text((struct span){(const char *)data, size});
    config_init(&config);
    int bad = config_parse(&config, text, "fuzz.conf", &why);
    assert(bad ? why.text[0] && why.line > 0 && why.column > 0 : config.listens != NULL);
    config_done(&config);
    free(text);
    return 0;
}
