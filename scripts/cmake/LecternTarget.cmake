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
    # What ccache asks for to work with precompiled headers.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${LECTERN_CCACHE}")
endif()
if(LECTERN_SANITIZE)
    # vptr asks through a pipe whether memory can be read, and the media worker's sandbox has no pipes.
    add_compile_options(-fsanitize=${LECTERN_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${LECTERN_SANITIZE})
endif()

# lectern_target(NAME [HEADERS]): our rules for one of our targets, and its set of precompiled headers.
# -Wno-restrict: g++ 12 warns about memory that std::string's own operator+ cannot overlap (GCC bug 105651).
# -Wno-subobject-linkage: it takes files that are compiled together for headers.
function(lectern_target name)
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
        -Woverloaded-virtual -Wimplicit-fallthrough -Werror
        $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
        $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)
    target_include_directories(${name} PUBLIC "${LECTERN_SOURCE_ROOT}")
    set_target_properties(${name} PROPERTIES UNITY_BUILD_MODE GROUP) # as lectern_together() says
    if(ARGC GREATER 1 AND TARGET lectern_headers_${ARGV1})
        target_compile_options(${name} PRIVATE $<TARGET_PROPERTY:lectern_headers_${ARGV1},INTERFACE_COMPILE_OPTIONS>)
        target_precompile_headers(${name} REUSE_FROM lectern_headers_${ARGV1})
    endif()
endfunction()

# lectern_headers(SET [OPTIONS OPTION...] LINK LIBRARY... HEADERS <HEADER>...): what many files include, parsed once
# for all targets that name the set; parsing is more than half of what most files take. Files include what they
# use all the same: clang-tidy reads them without. A target that uses a set links its libraries too.
# -fPIC: alike for libraries and programs. -fpch-preprocess: for ccache. -Wno-...: g++ 12 no longer knows that
# std::string's own copying, where it sees impossible lengths, is the system's code.
set(lecternHeaderOptions -fPIC -fpch-preprocess -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
set(lecternStandardHeaders <algorithm> <array> <charconv> <chrono> <cmath> <cstring> <fstream>
    <functional> <map> <memory> <mutex> <optional> <random> <set> <span> <string> <string_view> <thread>
    <unordered_map> <variant> <vector>)
# Tests spend their time in what they test: their own code is optimised little, which compiles in half the time.
set(lecternTestOptions $<$<CONFIG:Release>:-O1>)
function(lectern_headers set)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        return()
    endif()
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "OPTIONS;LINK;HEADERS")
    set(source "${CMAKE_CURRENT_BINARY_DIR}/headers_${set}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "")
    add_library(lectern_headers_${set} OBJECT "${source}")
    lectern_target(lectern_headers_${set})
    target_compile_options(lectern_headers_${set} PUBLIC ${lecternHeaderOptions} ${arg_OPTIONS})
    target_link_libraries(lectern_headers_${set} PRIVATE ${arg_LINK})
    target_precompile_headers(lectern_headers_${set} PRIVATE ${arg_HEADERS})
endfunction()

# lectern_together(RESULT [TOGETHER] SOURCE...): where CMAKE_UNITY_BUILD is on, as in the release preset, the sources
# from one TOGETHER to the next (or to ALONE) are compiled as one file, which takes less than half the time; what is
# in their anonymous namespaces must have different names. The sources without these words: in RESULT.
function(lectern_together result)
    set(group "")
    set(sources "")
    foreach(word IN LISTS ARGN)
        if(word STREQUAL "TOGETHER")
            set(group next)
        elseif(word STREQUAL "ALONE")
            set(group "")
        else()
            list(APPEND sources ${word})
            if(group STREQUAL "next")
                string(MAKE_C_IDENTIFIER "${word}" group)
            endif()
            if(group)
                set_source_files_properties(${word} PROPERTIES UNITY_GROUP ${group})
            endif()
        endif()
    endforeach()
    set(${result} ${sources} PARENT_SCOPE)
endfunction()

# lectern_room(ROOM HEADERS SOURCES...): the static library of one room, as lectern::ROOM; its sources as
# lectern_together() takes them.
function(lectern_room room headers)
    lectern_together(sources ${ARGN})
    add_library(lectern_${room} STATIC ${sources})
    add_library(lectern::${room} ALIAS lectern_${room})
    lectern_target(lectern_${room} ${headers})
endfunction()

# lectern_test_environment(TEST): what every test runs with. Generous limit: shared machines freeze.
# die_after_fork=0: the thread sanitizer takes starting another program for a fork that goes on running.
function(lectern_test_environment test label)
    set(seconds 300)
    if(LECTERN_SANITIZE)
        set(seconds 1500)
    endif()
    set_tests_properties(${test} PROPERTIES LABELS "${label}" TIMEOUT ${seconds} ENVIRONMENT
        "QT_QPA_PLATFORM=offscreen;QT_QUICK_BACKEND=software;QSG_RENDER_LOOP=basic;LC_ALL=C.UTF-8;QT_FORCE_STDERR_LOGGING=1;TSAN_OPTIONS=ignore_noninstrumented_modules=1:die_after_fork=0;ASAN_OPTIONS=detect_odr_violation=0;LSAN_OPTIONS=print_suppressions=0:suppressions=${LECTERN_SOURCE_ROOT}/tests/lsan.supp;LECTERN_TEST_ROOT=${LECTERN_SOURCE_ROOT}/tests")
endfunction()
