// SPDX-License-Identifier: Apache-2.0
// A test harness of one page, because inference/ is tested on machines that have no Qt: tests
// register themselves, failures print file and line and go on, the exit code says how it went.
//
//   TEST(GgufTest, rejectsTruncatedHeader) { CHECK(!parseGguf({})); }
//   int main(int argc, char** argv) { return lectern::test::run(argc, argv); }   // argument: name
//   filter
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

// The thread sanitizer watches how threads meet. One instruction set and one way of splitting the
// work show that as well as all of them do, and each takes it some twenty times longer.
#ifdef __SANITIZE_THREAD__
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

// Sanitizers have an allocator of their own, which keeps freed blocks for a while, and slow down
// some code more than other: how much memory a process holds, and what pays, is different then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

struct Case {
    std::string name;
    std::function<void()> body;
};

inline std::vector<Case>& cases()
{
    static std::vector<Case> all;
    return all;
}

inline int& failures()
{
    static int count = 0;
    return count;
}

struct Registration {
    Registration(std::string name, std::function<void()> body)
    {
        cases().push_back({std::move(name), std::move(body)});
    }
};

inline void fail(const char* file, int line, const std::string& what)
{
    std::printf("  FAIL %s:%d: %s\n", file, line, what.c_str());
    ++failures();
}

inline int run(int argc, char** argv)
{
    const std::string_view filter = argc > 1 ? argv[1] : "";
    int ran = 0;
    int failed = 0;
    for (const Case& test : cases()) {
        if (test.name.find(filter) == std::string::npos)
            continue;
        const int before = failures();
        test.body();
        const bool ok = failures() == before;
        std::printf("%s %s\n", ok ? "ok  " : "FAIL", test.name.c_str());
        ++ran;
        failed += ok ? 0 : 1;
    }
    std::printf("%d passed, %d failed\n", ran - failed, failed);
    return failed == 0 && ran > 0 ? 0 : 1;
}

// The tests/ folder, wherever the build is.
inline std::filesystem::path root()
{
    if (const char* path = std::getenv("LECTERN_TEST_ROOT"))
        return path;
    return std::filesystem::path(__FILE__).parent_path().parent_path();
}

} // namespace lectern::test

#define TEST(Suite, slot)                                                                          \
    static void Suite##_##slot();                                                                  \
    static const lectern::test::Registration Suite##_##slot##_registered(                          \
        #Suite "." #slot, Suite##_##slot);                                                         \
    static void Suite##_##slot()

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            lectern::test::fail(__FILE__, __LINE__, #condition);                                   \
    } while (false)

// CHECK, and leaves the test when it does not hold.
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            lectern::test::fail(__FILE__, __LINE__, #condition);                                   \
            return;                                                                                \
        }                                                                                          \
    } while (false)

// As CHECK, with a message that says which data row.
#define CHECK_ROW(condition, row)                                                                  \
    do {                                                                                           \
        if (!(condition))                                                                          \
            lectern::test::fail(                                                                   \
                __FILE__, __LINE__, std::string(#condition) + " [" + std::string(row) + "]");      \
    } while (false)
