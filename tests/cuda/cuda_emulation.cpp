// SPDX-License-Identifier: Apache-2.0
// The fibres behind cuda_emulation.h. Made once by ucontext, then switched by setjmp and longjmp,
// which ask nothing of the system.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <ucontext.h>
#include <vector>

#include "tests/cuda/cuda_emulation.h"

dim3 threadIdx;
dim3 blockIdx;
dim3 blockDim;
dim3 gridDim;

namespace lectern::inference::cuda::emulation {

namespace {

constexpr std::size_t kStackBytes = 256 * 1024;
constexpr unsigned kLanes = 32;

// Where `alive` threads wait for one another.
struct Barrier {
    unsigned alive = 0;
    unsigned arrived = 0;
    unsigned generation = 0;
};

struct Warp {
    Barrier barrier;
    alignas(16) std::byte slots[2][kLanes][kMostExchanged]; // the next exchange does not disturb
};

struct Fibre {
    std::unique_ptr<std::byte[]> stack;
    ucontext_t entry{};
    jmp_buf where{};
    bool entered = false;
    bool done = false;
};

struct Block {
    const std::function<void()>* kernel = nullptr;
    std::vector<std::unique_ptr<Fibre>> fibres;
    std::vector<Warp> warps;
    Barrier barrier;
    std::vector<uint4> shared;
    unsigned threads = 0;
    unsigned current = 0;
    unsigned idleSwitches = 0; // since a barrier opened or a thread ended
    jmp_buf caller{};
};

Block& block()
{
    static Block only;
    return only;
}

void resume(unsigned thread)
{
    Block& b = block();
    b.current = thread;
    threadIdx = {thread, 1, 1};
    threadIdx.y = threadIdx.z = 0;
    Fibre& fibre = *b.fibres[thread];
    if (fibre.entered)
        _longjmp(fibre.where, 1);
    fibre.entered = true;
    setcontext(&fibre.entry);
    std::abort();
}

// To the next thread that has not ended; to the caller when there is none.
void resumeNext()
{
    Block& b = block();
    for (unsigned step = 1; step <= b.threads; ++step) {
        const unsigned next = (b.current + step) % b.threads;
        if (!b.fibres[next]->done)
            resume(next);
    }
    _longjmp(b.caller, 1);
}

void yield()
{
    Block& b = block();
    if (++b.idleSwitches > 3 * b.threads) {
        std::fprintf(stderr, "Threads of block %u wait for others that do not come.\n", blockIdx.x);
        std::abort();
    }
    if (_setjmp(b.fibres[b.current]->where) == 0)
        resumeNext();
}

void open(Barrier& barrier)
{
    barrier.arrived = 0;
    ++barrier.generation;
    block().idleSwitches = 0;
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
    const unsigned generation = barrier.generation;
    while (barrier.generation == generation)
        yield();
}

void fibreMain()
{
    for (;;) {
        (*block().kernel)();
        Block& b = block();
        b.fibres[b.current]->done = true;
        b.idleSwitches = 0;
        leave(b.barrier);
        leave(b.warps[b.current / kLanes].barrier);
        if (_setjmp(b.fibres[b.current]->where) == 0)
            resumeNext();
    }
}

void prepare(unsigned threads)
{
    Block& b = block();
    while (b.fibres.size() < threads) {
        auto fibre = std::make_unique<Fibre>();
        fibre->stack = std::make_unique<std::byte[]>(kStackBytes);
        getcontext(&fibre->entry);
        fibre->entry.uc_stack.ss_sp = fibre->stack.get();
        fibre->entry.uc_stack.ss_size = kStackBytes;
        makecontext(&fibre->entry, fibreMain, 0);
        b.fibres.push_back(std::move(fibre));
    }
    b.threads = threads;
    b.warps.resize(threads / kLanes);
}

void runBlock()
{
    Block& b = block();
    for (unsigned t = 0; t < b.threads; ++t)
        b.fibres[t]->done = false;
    for (Warp& warp : b.warps)
        warp.barrier = {kLanes, 0, 0};
    b.barrier = {b.threads, 0, 0};
    b.idleSwitches = 0;
    b.current = b.threads - 1;
    if (_setjmp(b.caller) == 0)
        resumeNext();
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
    prepare(how.threads);
    Block& b = block();
    b.kernel = &kernel;
    // What a kernel has not written is noise, as on a device.
    b.shared.assign((how.sharedBytes + 15) / 16, {0x7FC0DEADU, 0x7FC0DEADU, 0x7FC0DEADU, 0x7FC0DEADU});
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
            const float left =
                bfloat(row % 8 * 4 + k % 8 / 2, row / 8 + k / 8 * 2, k % 2);
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
