// SPDX-License-Identifier: Apache-2.0
// Times attention alone, at the shapes of a model with 12 layers of 16 heads over 4 key/value heads
// of 128, and of a picture's tile. One JSON line a case: reading rate (keys and values that a
// query head group looks at, once) and arithmetic rate (two products per query head and key).
//
//   lectern_attention_bench [--threads N] [--repeats N] [--kv TYPE] [--depth N] [--tokens N]
//                           [--level avx2|avx512] [--smoke]
//
// Layers have keys and values of their own, so that a pass does not find them in a cache.
#include "inference/cpu/cpu_backend.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace lectern::inference;

namespace {

struct Shape {
    const char* name = "";
    int layers = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    Mask mask = Mask::causal;
};
constexpr Shape kText{"text", 12, 16, 4, 128, Mask::causal};
constexpr Shape kTile{"tile", 4, 16, 16, 88, Mask::none};

struct Case {
    Shape shape;
    KvType type = KvType::f16;
    std::int64_t depth = 0; // keys before the tokens
    std::int64_t tokens = 1;
};

struct Options {
    int threads = 0;
    int repeats = 7;
    std::string kv;
    std::int64_t depth = -1;
    std::int64_t tokens = -1;
    std::optional<SimdLevel> level;
    bool smoke = false;
};

struct Layer {
    Buffer keys;
    Buffer values;
};

bool run(const Case& which, const Options& options)
{
    const Shape& shape = which.shape;
    const auto backend = createCpuBackend({options.threads, options.level});
    const std::int64_t keyCount = which.depth + which.tokens;
    const std::int64_t width = shape.kvHeads * shape.headDim;
    const auto bytes = static_cast<std::uint64_t>(keyCount * shape.kvHeads)
        * kvHeadBytes(which.type, shape.headDim);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    const auto noise = [&](std::int64_t count) {
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& value : values)
            value = normal(random);
        return values;
    };
    constexpr std::int64_t kPattern = 251; // rows of noise, repeated
    std::vector<float> pattern = noise(kPattern * width);
    std::vector<float> q = noise(which.tokens * shape.heads * shape.headDim);
    std::vector<float> out(q.size());
    std::vector<Layer> layers;
    for (int i = 0; i < shape.layers; ++i) {
        auto keys = backend->allocate(bytes);
        auto values = backend->allocate(bytes);
        if (!keys || !values) {
            std::fprintf(stderr, "There is not enough memory for %lld positions.\n",
                static_cast<long long>(keyCount));
            return false;
        }
        for (std::int64_t k = 0; k < keyCount; k += kPattern) {
            const std::int64_t rows = std::min(kPattern, keyCount - k);
            for (const Buffer* buffer : {&*keys, &*values})
                backend->storeKv(
                    KvRows{buffer->data(), which.type, shape.kvHeads, shape.headDim}.from(k),
                    {pattern.data(), rows, width});
        }
        layers.push_back({std::move(*keys), std::move(*values)});
    }
    AttentionParams params;
    params.heads = shape.heads;
    params.kvHeads = shape.kvHeads;
    params.headDim = shape.headDim;
    params.scale = 1.0F / std::sqrt(static_cast<float>(shape.headDim));
    params.mask = shape.mask;
    params.keyCount = keyCount;
    params.firstPosition = which.depth;
    const auto pass = [&] {
        for (const Layer& layer : layers)
            backend->attention({out.data(), which.tokens, shape.heads * shape.headDim},
                {q.data(), which.tokens, shape.heads * shape.headDim},
                {layer.keys.data(), which.type, shape.kvHeads, shape.headDim},
                {layer.values.data(), which.type, shape.kvHeads, shape.headDim}, params);
    };
    pass();
    // Passes of at least some milliseconds, so that the clock and a wake-up do not count.
    std::vector<double> seconds;
    const int repeats = options.smoke ? 1 : options.repeats;
    const int passes = which.tokens == 1 && !options.smoke ? 20 : 1;
    for (int r = 0; r < repeats; ++r) {
        const auto begin = std::chrono::steady_clock::now();
        for (int p = 0; p < passes; ++p)
            pass();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        seconds.push_back(took.count() / passes);
    }
    std::sort(seconds.begin(), seconds.end());
    const double median = seconds[seconds.size() / 2];
    const double pairs = shape.mask == Mask::none
        ? static_cast<double>(which.tokens) * static_cast<double>(keyCount)
        : static_cast<double>(which.tokens)
            * (static_cast<double>(which.depth) + static_cast<double>(which.tokens + 1) / 2);
    const double flop = 4 * pairs * static_cast<double>(shape.heads * shape.headDim * shape.layers);
    const double read = 2 * static_cast<double>(bytes) * shape.layers;
    std::printf("{\"shape\":\"%s\",\"backend\":\"%s\",\"kv\":\"%s\",\"depth\":%lld,\"tokens\":%lld,"
                "\"ms\":%.3f,\"ms_min\":%.3f,\"ms_max\":%.3f,\"ms_per_token\":%.4f,"
                "\"gb_per_s\":%.1f,\"gflop_per_s\":%.1f}\n",
        shape.name, backend->description().c_str(), kvTypeName(which.type).data(),
        static_cast<long long>(which.depth), static_cast<long long>(which.tokens), median * 1e3,
        seconds.front() * 1e3, seconds.back() * 1e3,
        median * 1e3 / static_cast<double>(which.tokens), read / median / 1e9, flop / median / 1e9);
    std::fflush(stdout);
    return true;
}

bool parse(int argc, char** argv, Options& options)
{
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--smoke") {
            options.smoke = true;
            continue;
        }
        if (i + 1 == argc)
            return false;
        const std::string value = argv[++i];
        if (name == "--threads")
            options.threads = std::atoi(value.c_str());
        else if (name == "--repeats")
            options.repeats = std::max(1, std::atoi(value.c_str()));
        else if (name == "--kv" && parseKvType(value))
            options.kv = value;
        else if (name == "--depth")
            options.depth = std::atoll(value.c_str());
        else if (name == "--tokens")
            options.tokens = std::atoll(value.c_str());
        else if (name == "--level" && (value == "avx2" || value == "avx512"))
            options.level = value == "avx2" ? SimdLevel::avx2 : SimdLevel::avx512;
        else
            return false;
    }
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    if (!parse(argc, argv, options)) {
        std::fprintf(stderr,
            "use: %s [--threads N] [--repeats N] [--kv TYPE] [--depth N] [--tokens N] "
            "[--level avx2|avx512] [--smoke]\n",
            argv[0]);
        return 2;
    }
    std::vector<Case> cases;
    for (const KvTypeName& type : kKvTypes) {
        cases.push_back({kText, type.type, 4096, 1});
        cases.push_back({kText, type.type, 4096, 8});
        cases.push_back({kText, type.type, 0, 512});
        cases.push_back({kText, type.type, 1536, 512}); // the last quarter of 2048 tokens
    }
    for (const KvType type : {KvType::f16, KvType::q8_0})
        cases.push_back({kText, type, 8192, 1});
    cases.push_back({kTile, KvType::f32, 0, 577});
    for (Case& one : cases) {
        if (!options.kv.empty() && parseKvType(options.kv) != one.type)
            continue;
        if ((options.depth >= 0 && one.depth != options.depth)
            || (options.tokens >= 0 && one.tokens != options.tokens))
            continue;
        if (options.smoke) {
            one.depth /= 64;
            one.tokens = std::min<std::int64_t>(one.tokens, 40);
            one.shape.layers = 1;
        }
        if (!run(one, options))
            return 1;
    }
    return 0;
}
