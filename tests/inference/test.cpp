// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/test.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace lectern::test {

namespace {

struct Case {
    std::string_view name;
    void (*body)();
};

std::vector<Case>& cases()
{
    static std::vector<Case> all; // registered before main()
    return all;
}

int failures = 0;

} // namespace

Registration::Registration(const char* name, void (*body)())
{
    cases().push_back({name, body});
}

void fail(const char* file, int line, std::string_view what)
{
    std::printf("  FAIL %s:%d: %.*s\n", file, line, static_cast<int>(what.size()), what.data());
    ++failures;
}

void failRow(const char* file, int line, std::string_view condition, std::string_view row)
{
    fail(file, line, std::string(condition).append(" [").append(row).append("]"));
}

int run(int argc, char** argv)
{
    const std::string_view filter = argc > 1 ? argv[1] : "";
    int ran = 0;
    int failed = 0;
    for (const Case& test : cases()) {
        if (test.name.find(filter) == std::string_view::npos)
            continue;
        const int before = failures;
        test.body();
        const bool ok = failures == before;
        std::printf("%s %s\n", ok ? "ok  " : "FAIL", test.name.data());
        ++ran;
        failed += ok ? 0 : 1;
    }
    std::printf("%d passed, %d failed\n", ran - failed, failed);
    return failed == 0 && ran > 0 ? 0 : 1;
}

std::filesystem::path root()
{
    if (const char* path = std::getenv("LECTERN_TEST_ROOT"))
        return path;
    return std::filesystem::path(__FILE__).parent_path().parent_path();
}

} // namespace lectern::test
