// SPDX-License-Identifier: Apache-2.0
// Models of random weights on the GPU, each figure beside what the GPU can do at most. For
// tests/bench/cuda.sh, on machines without Qt.
//
//   cuda_bench SHAPE TYPE LAYERS KV COPY BF16 [p N | n N | d N]...
//     COPY, BF16: bytes and operations a second, as cuda_limits prints them
//     p N: read N tokens at once; n N: write N tokens one by one; d N: behind N others from here on
#include "inference/bench.h"
#include "inference/model_info.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

using namespace lectern::inference;

namespace {

std::optional<TensorType> typeNamed(std::string_view name)
{
    for (std::uint32_t id = 0; id < 64; ++id)
        if (const auto info = tensorTypeInfo(id); info && info->name == name)
            return static_cast<TensorType>(id);
    return std::nullopt;
}

struct Limits {
    double copy = 0;
    double bfloats = 0;
};

// Bytes that decoding one token at this depth has to read: weights once, and the cache.
double tokenBytes(const ModelInfo& info, KvType kv, std::int64_t depth)
{
    return static_cast<double>(info.tokenBytes)
        + static_cast<double>(info.kvBytesPerToken(kv)) * static_cast<double>(depth);
}

int measure(
    Bench& bench, const ModelInfo& info, const BenchCase& what, KvType kv, const Limits& limits)
{
    const auto speeds = bench.run(what, 3);
    if (!speeds) {
        fmt::print("{:16} failed: {}\n", what.name(), speeds.error().message);
        return 1;
    }
    const Spread spread = spreadOf(*speeds);
    const bool decodes = what.kind == BenchCase::Kind::decode;
    const double share = decodes
        ? spread.median * tokenBytes(info, kv, what.depth) / limits.copy
        : spread.median * static_cast<double>(info.tokenFlops) / limits.bfloats;
    fmt::print("{:16} {:10.1f} tok/s ({:.1f} to {:.1f})  {:5.1f} % of {}\n", what.name(),
        spread.median, spread.min, spread.max, 100 * share,
        decodes ? "the copy bandwidth" : "the bf16 rate");
    std::fflush(stdout);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 7)
        return 2;
    const auto type = typeNamed(argv[2]);
    const auto kv = parseKvType(argv[4]);
    if (!type || !kv)
        return 2;
    const Limits limits{std::atof(argv[5]), std::atof(argv[6])};
    const SyntheticModel wanted{argv[1], *type, std::atoll(argv[3])};
    const auto model = syntheticModel(wanted);
    const auto bench =
        Bench::open({.synthetic = wanted, .kvType = *kv, .device = DeviceChoice::cuda});
    if (!model || !bench) {
        fmt::print("{}\n", !bench ? bench.error().message : model.error().message);
        return 1;
    }
    const ModelInfo info = modelInfo((*model)->gguf());
    fmt::print("{} {} on {}: loaded in {:.1f} s\n", argv[1], argv[2], (*bench)->device(),
        (*bench)->loadSeconds());
    int failures = 0;
    std::int64_t depth = 0;
    for (int i = 7; i + 1 < argc; i += 2) {
        const std::int64_t count = std::atoll(argv[i + 1]);
        if (std::strcmp(argv[i], "d") == 0)
            depth = count;
        else
            failures += measure(**bench, info,
                {argv[i][0] == 'p' ? BenchCase::Kind::prefill : BenchCase::Kind::decode, count,
                    depth},
                *kv, limits);
    }
    return failures == 0 ? 0 : 1;
}
