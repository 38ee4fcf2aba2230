// SPDX-License-Identifier: Apache-2.0
// The fibres behind cuda_emulation.h, for x86-64: a switch saves what the calling convention says
// that a call preserves, and nothing else.
#include "tests/cuda/cuda_emulation.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

// void lecternSwitchFibre(void** saved, void* target): goes on where `target` was saved.
asm(R"(
    .text
    .globl lecternSwitchFibre
    .type lecternSwitchFibre, @function
lecternSwitchFibre:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size lecternSwitchFibre, . - lecternSwitchFibre
)");
extern "C" void lecternSwitchFibre(void** saved, void* target);

dim3 threadIdx;
dim3 blockIdx;
dim3 blockDim;
dim3 gridDim;

namespace lectern::inference::cuda::emulation {

namespace {

constexpr std::size_t kStackBytes = 256 * 1024;
constexpr unsigned kLanes = 32;

// Where the threads [first, first + count) that have not ended wait for one another.
struct Barrier {
    unsigned first = 0;
    unsigned count = 0;
    unsigned alive = 0;
    unsigned arrived = 0;
    unsigned generation = 0;
};

struct Warp {
    Barrier barrier;
    alignas(16) std::byte slots[2][kLanes][kMostExchanged]; // the next exchange does not disturb
};

enum class State : std::uint8_t { ready, waiting, done };

struct Fibre {
    std::unique_ptr<std::byte[]> stack;
    void* saved = nullptr;
};

struct Block {
    const std::function<void()>* kernel = nullptr;
    std::vector<Fibre> fibres;
    std::vector<State> states;
    std::vector<Warp> warps;
    Barrier barrier;
    std::vector<uint4> shared;
    unsigned current = 0;
    void* caller = nullptr;
};

Block only;

Block& block()
{
    return only;
}

// Goes on with the next thread that can, or with the caller when all have ended.
void switchAway(void** saved)
{
    Block& b = block();
    const auto threads = static_cast<unsigned>(b.states.size());
    bool waiting = false;
    for (unsigned step = 0, next = b.current; step < threads; ++step) {
        next = next + 1 == threads ? 0 : next + 1;
        waiting = waiting || b.states[next] == State::waiting;
        if (b.states[next] != State::ready)
            continue;
        b.current = next;
        threadIdx.x = next;
        lecternSwitchFibre(saved, b.fibres[next].saved);
        return;
    }
    if (waiting) {
        std::fprintf(stderr, "Threads of block %u wait for others that do not come.\n", blockIdx.x);
        std::abort();
    }
    lecternSwitchFibre(saved, b.caller);
}

void open(Barrier& barrier)
{
    barrier.arrived = 0;
    ++barrier.generation;
    Block& b = block();
    for (unsigned t = barrier.first; t < barrier.first + barrier.count; ++t)
        if (b.states[t] == State::waiting)
            b.states[t] = State::ready;
}

void leave(Barrier& barrier)
{
    if (--barrier.alive > 0 && barrier.arrived == barrier.alive)
        open(barrier);
}

void wait(Barrier& barrier)
{
    if (++barrier.arrived == barrier.alive) {
        open(barrier);
        return;
    }
    Block& b = block();
    b.states[b.current] = State::waiting;
    switchAway(&b.fibres[b.current].saved);
}

void fibreMain()
{
    for (;;) {
        (*block().kernel)();
        Block& b = block();
        b.states[b.current] = State::done;
        leave(b.barrier);
        leave(b.warps[b.current / kLanes].barrier);
        switchAway(&b.fibres[b.current].saved);
    }
}

// A stack from which the switch returns into fibreMain.
void prepare(Fibre& fibre)
{
    fibre.stack = std::make_unique<std::byte[]>(kStackBytes);
    auto top = reinterpret_cast<std::uintptr_t>(fibre.stack.get() + kStackBytes) / 16 * 16;
    auto* frame = reinterpret_cast<void**>(top) - 8; // six registers, the way back, and alignment
    std::fill_n(frame, 8, nullptr);
    frame[6] = reinterpret_cast<void*>(&fibreMain);
    fibre.saved = frame;
}

void runBlock()
{
    Block& b = block();
    const auto threads = static_cast<unsigned>(b.states.size());
    std::fill(b.states.begin(), b.states.end(), State::ready);
    for (unsigned w = 0; w < threads / kLanes; ++w)
        b.warps[w].barrier = {w * kLanes, kLanes, kLanes, 0, 0};
    b.barrier = {0, threads, threads, 0, 0};
    b.current = threads - 1;
    switchAway(&b.caller);
}

} // namespace

void run(const Launch& how, const std::function<void()>& kernel)
{
    if (how.threads == 0 || how.threads % kLanes != 0 || how.threads > 1024
        || how.blocks.x * how.blocks.y * how.blocks.z == 0) {
        std::fprintf(stderr, "A launch of %u threads in %u x %u x %u blocks is none.\n",
            how.threads, how.blocks.x, how.blocks.y, how.blocks.z);
        std::abort();
    }
    Block& b = block();
    while (b.fibres.size() < how.threads)
        prepare(b.fibres.emplace_back());
    b.states.resize(how.threads);
    b.warps.resize(how.threads / kLanes);
    b.kernel = &kernel;
    // What a kernel has not written is noise, as on a device.
    b.shared.assign(
        (how.sharedBytes + 15) / 16, {0x7FC0DEADU, 0x7FC0DEADU, 0x7FC0DEADU, 0x7FC0DEADU});
    blockDim = {how.threads, 1, 1};
    gridDim = how.blocks;
    for (unsigned z = 0; z < how.blocks.z; ++z)
        for (unsigned y = 0; y < how.blocks.y; ++y)
            for (unsigned x = 0; x < how.blocks.x; ++x) {
                blockIdx = {x, y, z};
                runBlock();
            }
}

std::byte* sharedMemory()
{
    return reinterpret_cast<std::byte*>(block().shared.data());
}

const std::byte* exchange(const void* value, std::size_t bytes)
{
    Block& b = block();
    Warp& warp = b.warps[b.current / kLanes];
    auto& slots = warp.slots[warp.barrier.generation % 2];
    std::memcpy(slots[b.current % kLanes], value, bytes);
    wait(warp.barrier);
    return &slots[0][0];
}

} // namespace lectern::inference::cuda::emulation

namespace lectern::inference::cuda {

void mma(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2])
{
    std::uint32_t mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
    const std::byte* all = emulation::exchange(mine, sizeof mine);
    const auto bfloat = [&](unsigned lane, unsigned reg, unsigned half) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, all + lane * emulation::kMostExchanged + 4 * reg, sizeof bits);
        return bfloatToFloat(static_cast<std::uint16_t>(bits >> (16 * half)));
    };
    const unsigned lane = threadIdx.x % 32;
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned row = lane / 4 + (i / 2) * 8;
        const unsigned column = lane % 4 * 2 + i % 2;
        for (unsigned k = 0; k < 16; ++k) {
            const float left = bfloat(row % 8 * 4 + k % 8 / 2, row / 8 + k / 8 * 2, k % 2);
            const float right = bfloat(column * 4 + k % 8 / 2, 4 + k / 8, k % 2);
            c[i] += left * right;
        }
    }
}

} // namespace lectern::inference::cuda

void __syncthreads()
{
    using namespace lectern::inference::cuda::emulation;
    wait(block().barrier);
}

void __syncwarp()
{
    using namespace lectern::inference::cuda::emulation;
    Block& b = block();
    wait(b.warps[b.current / kLanes].barrier);
}
