/*
 * Counts the status codes of a JSON log with cJSON, as a program would that has no scanner of its
 * own: a rival for bench/run. cjson_scan FILE
 */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STATUSES = 1000,
};

static void count(const char *line, size_t len, unsigned long counts[STATUSES])
{
    cJSON *root = cJSON_ParseWithLength(line, len);
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(root, "status");
    if (cJSON_IsNumber(status) && status->valueint >= 0 && status->valueint < STATUSES) {
        counts[status->valueint]++;
    }
    cJSON_Delete(root);
}

int main(int argc, char **argv)
{
    static unsigned long counts[STATUSES];
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!f) {
        fputs("cjson_scan FILE\n", stderr);
        return 1;
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, f)) > 0) {
        count(line, (size_t)len, counts);
    }
    free(line);
    fclose(f);
    for (int i = 0; i < STATUSES; i++) {
        if (counts[i]) {
            printf("%d %lu\n", i, counts[i]);
        }
    }
    return 0;
}
