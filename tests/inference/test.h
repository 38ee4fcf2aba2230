// SPDX-License-Identifier: Apache-2.0
// A test harness of one page, because inference/ is tested on machines that have no Qt: tests
// register themselves, failures print file and line and go on, the exit code says how it went.
//
//   TEST(GgufTest, rejectsTruncatedHeader) { CHECK(!parseGguf({})); }
#pragma once

#include <filesystem>
#include <string_view>

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

struct Registration {
    Registration(const char* name, void (*body)());
};

void fail(const char* file, int line, std::string_view what);
void failRow(const char* file, int line, std::string_view condition, std::string_view row);

// The process's exit code. One argument: a part of the names of the tests to run.
int run(int argc, char** argv);

// The tests/ folder, wherever the build is.
std::filesystem::path root();

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
            lectern::test::failRow(__FILE__, __LINE__, #condition, row);                           \
    } while (false)
