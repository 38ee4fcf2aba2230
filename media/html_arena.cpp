// SPDX-License-Identifier: Apache-2.0
// The arena. Gumbo is C and has no way to be told that memory ended, so the allocator jumps out of
// it: between setjmp and longjmp lie only frames of C.
#include "media/html_arena.h"

#include "media/file.h"

#include <algorithm>
#include <csetjmp>
#include <new>

namespace lectern::media {

namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr std::size_t kMaxArenaBytes = 768ULL << 20; // a page of 20 MB takes about 400 MB
constexpr std::size_t kAlignment = alignof(std::max_align_t);

} // namespace

struct HtmlArena {
    enum class End { stopped, full };

    HtmlTree& tree;
    const std::stop_token& stop;
    std::jmp_buf jump;
    End end = End::full;
    std::byte* at = nullptr;
    std::size_t left = 0;
    std::size_t used = 0;

    // Null when there is to be no more memory.
    void* take(std::size_t size)
    {
        size = (std::max<std::size_t>(size, 1) + kAlignment - 1) & ~(kAlignment - 1);
        if (size > left) {
            if (stop.stop_requested()) {
                end = End::stopped;
                return nullptr;
            }
            const std::size_t bytes = std::max(size, kBlockBytes);
            if (used + bytes > kMaxArenaBytes)
                return nullptr;
            HtmlTree::Block block(new (std::nothrow) std::byte[bytes]);
            if (!block)
                return nullptr;
            used += bytes;
            std::byte* const begin = block.get();
            tree.m_blocks.push_back(std::move(block));
            if (bytes > kBlockBytes) // of its own; what is left of the current block stays in use
                return begin;
            at = begin;
            left = bytes;
        }
        std::byte* const result = at;
        at += size;
        left -= size;
        return result;
    }
};

namespace {

void* allocate(void* userData, std::size_t size)
{
    auto& arena = *static_cast<HtmlArena*>(userData);
    void* const memory = arena.take(size);
    if (!memory)
        std::longjmp(arena.jump, 1); // NOLINT: see above
    return memory;
}

void release(void*, void*) { }

// Alone in a function without objects that a jump would skip.
const GumboOutput* parseInto(HtmlArena& arena, const GumboOptions& options, std::string_view html)
{
    if (setjmp(arena.jump) != 0) // NOLINT: see above
        return nullptr;
    return gumbo_parse_with_options(&options, html.data(), html.size());
}

} // namespace

Result<HtmlTree> HtmlTree::parse(std::string_view html, const std::stop_token& stop)
{
    HtmlTree tree;
    HtmlArena arena{tree, stop, {}};
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = &allocate;
    options.deallocator = &release;
    options.userdata = &arena;
    options.max_errors = 0;
    tree.m_output = parseInto(arena, options, html);
    if (!tree.m_output && arena.end == HtmlArena::End::stopped)
        return cancelled();
    if (!tree.m_output)
        return fail(ErrorCode::tooLarge,
            "The page is built so that reading it would take too much memory. Print it to a PDF "
            "and add that.");
    return tree;
}

} // namespace lectern::media
