# SPDX-License-Identifier: Apache-2.0
# What every target of ours shares: language level, warnings as errors, sanitizers, include root.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(LECTERN_SANITIZE "" CACHE STRING "Sanitizers for the whole build, e.g. address,undefined or thread")

get_filename_component(LECTERN_SOURCE_ROOT "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

if(NOT DEFINED CMAKE_RUNTIME_OUTPUT_DIRECTORY)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endif()

find_program(LECTERN_MOLD mold)
if(LECTERN_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
find_program(LECTERN_CCACHE ccache)
if(LECTERN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${LECTERN_CCACHE}")
endif()
if(LECTERN_SANITIZE)
    # vptr asks through a pipe whether memory can be read, and the media worker's sandbox has no pipes.
    add_compile_options(-fsanitize=${LECTERN_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${LECTERN_SANITIZE})
endif()

# lectern_target(NAME): our rules for one of our targets.
# -Wno-restrict: g++ 12 warns about memory that std::string's own operator+ cannot overlap (GCC bug 105651).
function(lectern_target name)
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
        -Woverloaded-virtual -Wimplicit-fallthrough -Werror
        $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
    target_include_directories(${name} PUBLIC "${LECTERN_SOURCE_ROOT}")
endfunction()

# lectern_room(ROOM SOURCES...): the static library of one room, as lectern::ROOM.
function(lectern_room room)
    add_library(lectern_${room} STATIC ${ARGN})
    add_library(lectern::${room} ALIAS lectern_${room})
    lectern_target(lectern_${room})
endfunction()

# lectern_test_environment(TEST): what every test runs with. Generous limit: shared machines freeze.
# die_after_fork=0: the thread sanitizer takes starting another program for a fork that goes on running.
function(lectern_test_environment test label)
    set_tests_properties(${test} PROPERTIES LABELS "${label}" TIMEOUT 300 ENVIRONMENT
        "QT_QPA_PLATFORM=offscreen;QT_QUICK_BACKEND=software;QSG_RENDER_LOOP=basic;LC_ALL=C.UTF-8;QT_FORCE_STDERR_LOGGING=1;TSAN_OPTIONS=ignore_noninstrumented_modules=1:die_after_fork=0;ASAN_OPTIONS=detect_odr_violation=0;LSAN_OPTIONS=print_suppressions=0:suppressions=${LECTERN_SOURCE_ROOT}/tests/lsan.supp;LECTERN_TEST_ROOT=${LECTERN_SOURCE_ROOT}/tests")
endfunction()
