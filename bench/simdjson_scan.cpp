/*
 * Counts the status codes of a JSON log with simdjson on demand, which takes nothing out of a line
 * but what is asked for: the mark to be measured against. The last line it prints is the CPU time,
 * in seconds, of the parsing alone: what a file costs to load depends on the machine, and not on
 * the parser. Used by bench/run: simdjson_scan FILE
 */
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <simdjson.h>
#include <vector>

static double cpu_seconds()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

static std::vector<uint64_t> count(const simdjson::padded_string &log)
{
    std::vector<uint64_t> counts(1000);
    simdjson::ondemand::parser parser;
    parser.threaded = false; // compared with one thread of teapotd's
    simdjson::ondemand::document_stream lines = parser.iterate_many(log);
    for (auto line : lines) {
        uint64_t status = line["status"].get_uint64();
        counts[status < counts.size() ? status : 0]++;
    }
    return counts;
}

int main(int argc, char **argv)
try {
    if (argc != 2) {
        std::fputs("simdjson_scan FILE\n", stderr);
        return 1;
    }
    simdjson::padded_string log = simdjson::padded_string::load(argv[1]);
    double began = cpu_seconds();
    std::vector<uint64_t> counts = count(log);
    double took = cpu_seconds() - began;
    for (size_t i = 0; i < counts.size(); i++) {
        if (counts[i]) {
            std::printf("%zu %llu\n", i, static_cast<unsigned long long>(counts[i]));
        }
    }
    std::printf("%.6f\n", took);
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "simdjson_scan: %s\n", e.what());
    return 1;
}
