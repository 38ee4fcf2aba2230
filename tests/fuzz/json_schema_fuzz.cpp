// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the schema compiler: any text is refused with a reason or gives a form whose
// shortest value can be written, byte by byte, and parses.
#include "inference/json_automaton.h"
#include "inference/json_schema.h"

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace lectern::inference;
    const auto grammar = compileJsonSchema({reinterpret_cast<const char*>(data), size});
    if (!grammar) {
        if (grammar.error().message.empty())
            std::abort(); // a refusal without a reason
        return 0;
    }
    constexpr int kLongest = 2000;
    JsonAutomaton automaton(*grammar);
    auto state = automaton.start();
    int left = automaton.bytesToEnd(state);
    if (left >= kNever)
        std::abort(); // a form without a value
    if (left > kLongest)
        return 0;
    std::string text;
    while (left > 0) {
        auto best = JsonAutomaton::kDead;
        for (int byte = 0; byte < 256 && best == JsonAutomaton::kDead; ++byte) {
            const auto next = automaton.next(state, static_cast<std::uint8_t>(byte));
            if (next == JsonAutomaton::kDead || automaton.bytesToEnd(next) >= left)
                continue;
            best = next;
            text += static_cast<char>(byte);
        }
        if (best == JsonAutomaton::kDead)
            std::abort(); // promised an end that cannot be reached
        state = best;
        left = automaton.bytesToEnd(state);
    }
    if (!automaton.mayEnd(state) || !nlohmann::json::accept(text))
        std::abort(); // what was written is no JSON
    return 0;
}
