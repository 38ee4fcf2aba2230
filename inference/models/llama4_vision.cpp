// SPDX-License-Identifier: Apache-2.0
// The forward pass of the vision tower: one tile at a time, all of its tokens at once.
#include "inference/models/llama4_vision.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

KvRows asKv(Rows rows, const AttentionParams& params)
{
    return {reinterpret_cast<std::byte*>(rows.data), KvType::f32, params.kvHeads, params.headDim};
}

} // namespace

TileSpec Llama4Vision::tileSpec() const
{
    return {.tileSize = static_cast<int>(m_config.imageSize),
        .patchSize = static_cast<int>(m_config.patchSize),
        .maxTiles = static_cast<int>(m_config.maxTiles)};
}

std::vector<float> Llama4Vision::normalise(std::span<const std::uint8_t> pixels) const
{
    std::array<std::array<float, 256>, 3> table{};
    for (std::size_t channel = 0; channel < 3; ++channel)
        for (std::size_t value = 0; value < 256; ++value)
            table[channel][value] = (static_cast<float>(value) / 255.0F - m_config.mean[channel])
                / m_config.deviation[channel];
    const auto plane = static_cast<std::size_t>(m_config.imageSize * m_config.imageSize);
    std::vector<float> values(pixels.size());
    for (std::size_t i = 0; i < pixels.size(); ++i)
        values[i] = table[i / plane % 3][pixels[i]];
    return values;
}

Result<std::vector<float>> Llama4Vision::encode(
    std::span<const float> pixels, const std::stop_token& stop, const Observer& observer)
{
    const auto tileValues = static_cast<std::size_t>(m_config.tileValues());
    if (pixels.empty() || pixels.size() % tileValues != 0)
        return fail(ErrorCode::invalidRequest,
            fmt::format("The picture has {} values, which are not whole tiles of 3 x {} x {}.",
                pixels.size(), m_config.imageSize, m_config.imageSize));
    const std::size_t tiles = pixels.size() / tileValues;
    const auto tileOutput = static_cast<std::size_t>(m_config.tokens() * m_config.projection);
    std::vector<float> embeddings(tiles * tileOutput);
    m_backend.setStopToken(stop);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
        const auto encoded = encodeTile(pixels.subspan(tile * tileValues, tileValues),
            std::span(embeddings).subspan(tile * tileOutput, tileOutput), stop, observer);
        if (!encoded) {
            m_backend.setStopToken({});
            return tl::unexpected(encoded.error());
        }
    }
    m_backend.setStopToken({});
    if (auto intact = m_file.checkIntact(); !intact)
        return tl::unexpected(intact.error());
    return embeddings;
}

void Llama4Vision::layerForward(const Layer& layer, Rows x)
{
    const Rows normed = m_scratch.normed.rows;
    const Rows q = m_scratch.q.rows;
    const Rows k = m_scratch.k.rows;
    const Rows v = m_scratch.v.rows;
    const Rows hidden = m_scratch.ffn.rows;
    const std::int64_t headDim = m_config.width / m_config.heads;
    const Rope2dParams rope{.headDim = headDim, .side = m_config.side()};
    const AttentionParams attention{.heads = m_config.heads,
        .kvHeads = m_config.heads,
        .headDim = headDim,
        .scale = 1.0F / std::sqrt(static_cast<float>(headDim)),
        .mask = Mask::none,
        .keyCount = x.count};

    m_backend.layerNorm(normed, x, layer.ln1.weight, layer.ln1.bias, m_config.eps);
    const std::array products{Product{q, layer.q.weight, normed, layer.q.bias},
        Product{k, layer.k.weight, normed, layer.k.bias},
        Product{v, layer.v.weight, normed, layer.v.bias}};
    m_backend.matmuls(products);
    m_backend.rope2d(q, rope);
    m_backend.rope2d(k, rope);
    m_backend.attention(normed, q, asKv(k, attention), asKv(v, attention), attention);
    m_backend.matmul(q, layer.out.weight, normed, layer.out.bias);
    m_backend.add(x, q);

    m_backend.layerNorm(normed, x, layer.ln2.weight, layer.ln2.bias, m_config.eps);
    m_backend.matmul(hidden, layer.up.weight, normed, layer.up.bias);
    m_backend.gelu(hidden);
    m_backend.matmul(q, layer.down.weight, hidden, layer.down.bias);
    m_backend.add(x, q);
}

Result<void> Llama4Vision::encodeTile(std::span<const float> pixels, std::span<float> out,
    const std::stop_token& stop, const Observer& observer)
{
    const auto observe = [&](std::string_view stage, Rows rows) {
        if (observer)
            observer(stage, rows);
    };
    const auto side = static_cast<std::size_t>(m_config.side());
    const auto patch = static_cast<std::size_t>(m_config.patchSize);
    const auto image = static_cast<std::size_t>(m_config.imageSize);
    float* value = m_patchValues.data();
    for (std::size_t row = 0; row < side; ++row)
        for (std::size_t column = 0; column < side; ++column)
            for (std::size_t channel = 0; channel < 3; ++channel)
                for (std::size_t y = 0; y < patch; ++y)
                    for (std::size_t x = 0; x < patch; ++x)
                        *value++ = pixels[(channel * image + row * patch + y) * image
                            + column * patch + x];

    const Rows x = m_scratch.x.rows;
    const Rows patches = x.slice(0, m_config.patches());
    const Rows classToken = x.slice(m_config.patches(), 1);
    m_backend.upload(m_scratch.patches.rows, m_patchValues);
    m_backend.matmul(patches, m_weights.patch, m_scratch.patches.rows);
    observe("patch_embedding", patches);
    m_backend.upload(classToken, m_zeros);
    m_backend.add(x, m_weights.classAndPosition.rows);
    observe("with_class_and_position", x);
    m_backend.layerNorm(x, x, m_weights.preLn.weight, m_weights.preLn.bias, m_config.eps);
    observe("pre_ln", x);
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        if (stop.stop_requested())
            return fail(ErrorCode::cancelled, "Stopped while looking at the picture.");
        layerForward(m_weights.layers[i], x);
        observe(fmt::format("layer_{}", i), x);
    }
    m_backend.layerNorm(x, x, m_weights.postLn.weight, m_weights.postLn.bias, m_config.eps);
    observe("post_ln", x);

    m_backend.gatherRows(m_scratch.shuffled.rows, patches, m_shuffle);
    const Rows shuffled = m_scratch.shuffled.rows.reshaped(4 * m_config.width);
    observe("pixel_shuffle", shuffled);
    m_backend.matmul(m_scratch.mlp1.rows, m_weights.mlp1, shuffled);
    m_backend.gelu(m_scratch.mlp1.rows);
    m_backend.matmul(m_scratch.mlp2.rows, m_weights.mlp2, m_scratch.mlp1.rows);
    m_backend.gelu(m_scratch.mlp2.rows);
    observe("adapter", m_scratch.mlp2.rows);
    m_backend.matmul(m_scratch.output.rows, m_weights.projector, m_scratch.mlp2.rows);
    m_backend.download(out, m_scratch.output.rows);
    if (auto done = m_backend.synchronize(); !done)
        return done;
    if (stop.stop_requested())
        return fail(ErrorCode::cancelled, "Stopped while looking at the picture.");
    return {};
}

} // namespace lectern::inference
