#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

/* Function pointers are copied as bytes: ISO C has no conversion from what dlsym returns, POSIX
 * promises that they are the same. */
bool library_load(const char *const *names, const struct library_function *functions, size_t n,
                  void *calls)
{
    void *library = NULL;
    for (size_t i = 0; !library && names[i]; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    bool is_whole = library != NULL;
    for (size_t i = 0; is_whole && i < n; i++) {
        void *function = dlsym(library, functions[i].name);
        memcpy((char *)calls + functions[i].at, &function, sizeof function);
        is_whole = function != NULL;
    }
    return is_whole;
}
