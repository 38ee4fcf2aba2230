// SPDX-License-Identifier: Apache-2.0
// Reading a vision file (mmproj): its keys, each checked, and its tensors, each of the right shape.
#include "inference/dequantize.h"
#include "inference/models/llama4_vision.h"
#include "inference/quoted.h"

#include <cmath>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

constexpr std::string_view kKeys = "clip.vision.";

// Reads keys one after another and keeps the first failure.
class KeyReader {
public:
    explicit KeyReader(const ModelFile& file) : m_file(file) { }

    std::int64_t integer(std::string_view key, std::uint64_t least, std::uint64_t most)
    {
        const std::string name = fmt::format("{}{}", kKeys, key);
        if (!m_file.gguf().keys.contains(name)) {
            refuse(ErrorCode::missingKey,
                fmt::format("The key {} is missing; this is not a complete vision file.", name));
            return 0;
        }
        const auto value = m_file.gguf().integer(name);
        if (!value || *value < least || *value > most) {
            refuse(ErrorCode::malformed,
                fmt::format("The key {} must be a whole number from {} to {}.", name, least, most));
            return 0;
        }
        return static_cast<std::int64_t>(*value);
    }

    float positive(std::string_view key)
    {
        const std::string name = fmt::format("{}{}", kKeys, key);
        const auto value = m_file.gguf().number(name);
        if (!value)
            refuse(ErrorCode::missingKey,
                fmt::format("The key {} is missing; this is not a complete vision file.", name));
        else if (!(*value > 0) || !std::isfinite(*value) || *value > 1)
            refuse(ErrorCode::malformed,
                fmt::format("The key {} must be a number between 0 and 1.", name));
        return static_cast<float>(value.value_or(0));
    }

    std::array<float, 3> colour(std::string_view key, double least)
    {
        const std::string name = fmt::format("{}{}", kKeys, key);
        std::array<float, 3> result{};
        const auto found = m_file.gguf().keys.find(name);
        if (found == m_file.gguf().keys.end()) {
            refuse(ErrorCode::missingKey,
                fmt::format("The key {} is missing; this is not a complete vision file.", name));
            return result;
        }
        const auto* values = std::get_if<std::vector<double>>(&found->second);
        if (values == nullptr || values->size() != 3) {
            refuse(ErrorCode::malformed,
                fmt::format("The key {} must hold three numbers, one a colour.", name));
            return result;
        }
        for (std::size_t i = 0; i < 3; ++i) {
            if (!((*values)[i] >= least && (*values)[i] <= 1e6))
                refuse(ErrorCode::malformed,
                    fmt::format("The key {} holds a number that cannot be used.", name));
            result[i] = static_cast<float>((*values)[i]);
        }
        return result;
    }

    void refuse(ErrorCode code, const std::string& message)
    {
        if (!m_error)
            m_error =
                Error{code, fmt::format("{}: {}", m_file.path().filename().string(), message)};
    }
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    const ModelFile& m_file;
    std::optional<Error> m_error;
};

} // namespace

Result<VisionConfig> visionConfig(const ModelFile& file)
{
    const Gguf& gguf = file.gguf();
    KeyReader keys(file);
    const std::string* architecture = gguf.string("general.architecture");
    if (architecture == nullptr)
        keys.refuse(ErrorCode::missingKey,
            "The key general.architecture is missing; this is not a model file.");
    else if (*architecture != "clip")
        keys.refuse(ErrorCode::unsupportedArchitecture,
            fmt::format("This is a {} model, not a vision file; choose the file whose name begins "
                        "with mmproj.",
                inference::inQuotes(*architecture)));
    else if (!gguf.boolean("clip.has_vision_encoder").value_or(false))
        keys.refuse(ErrorCode::unsupportedArchitecture, "The file holds no vision encoder.");
    const std::string* projector = gguf.string("clip.projector_type");
    if (projector == nullptr || *projector != "llama4")
        keys.refuse(ErrorCode::unsupportedArchitecture,
            fmt::format("The vision file is of the kind {}; only \"llama4\" can be used.",
                projector ? inference::inQuotes(*projector) : std::string("\"\"")));
    if (!gguf.boolean("clip.use_gelu").value_or(true))
        keys.refuse(ErrorCode::unsupportedArchitecture,
            "The vision file asks for another activation than GELU.");

    VisionConfig config;
    config.imageSize = keys.integer("image_size", 2, 8192);
    config.patchSize = keys.integer("patch_size", 1, 1024);
    config.width = keys.integer("embedding_length", 4, 65536);
    config.ffn = keys.integer("feed_forward_length", 1, 1U << 20U);
    config.layers = keys.integer("block_count", 1, 1024);
    config.heads = keys.integer("attention.head_count", 1, 65536);
    config.projection = keys.integer("projection_dim", 1, 1U << 20U);
    config.eps = keys.positive("attention.layer_norm_epsilon");
    config.mean = keys.colour("image_mean", -1e6);
    config.deviation = keys.colour("image_std", 1e-6);
    if (gguf.keys.contains("clip.vision.preproc_max_tiles"))
        config.maxTiles = keys.integer("preproc_max_tiles", 1, 256);
    const std::int64_t factor = keys.integer("projector.scale_factor", 1, 1024);
    if (keys.error())
        return tl::unexpected(*keys.error());

    if (factor != 2)
        keys.refuse(ErrorCode::malformed,
            fmt::format(
                "The key clip.vision.projector.scale_factor is {}; only 2 can be used.", factor));
    if (config.imageSize % (2 * config.patchSize) != 0)
        keys.refuse(ErrorCode::malformed,
            fmt::format("The tile size {} is not an even number of patches of {} pixels.",
                config.imageSize, config.patchSize));
    if (config.side() > 256)
        keys.refuse(ErrorCode::malformed,
            fmt::format("The tile has {} patches a side, more than the 256 that can be used.",
                config.side()));
    if (config.width % config.heads != 0 || config.width / config.heads % 4 != 0)
        keys.refuse(ErrorCode::malformed,
            fmt::format("{} attention heads do not divide the vision width {} into multiples of 4.",
                config.heads, config.width));
    if (keys.error())
        return tl::unexpected(*keys.error());
    return config;
}

// Fetches tensors and keeps the first failure, so that the list of tensors below reads as a list.
class Llama4Vision::Loader {
public:
    Loader(const ModelFile& file, Backend& backend) : m_file(file), m_backend(backend) { }

    [[nodiscard]] bool failed() const { return m_error.has_value(); }
    [[nodiscard]] const Error& error() const { return *m_error; }
    template <class T> T take(Result<T> result)
    {
        if (result)
            return std::move(*result);
        if (!m_error)
            m_error = result.error();
        return T{};
    }

    Matrix matrix(std::string_view name, std::int64_t columns, std::int64_t rows)
    {
        if (failed())
            return {};
        const auto view = take(m_file.require(
            name, {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)}));
        return failed() ? Matrix{} : take(m_backend.matrix(view));
    }
    Vector vector(const std::string& name, std::int64_t width)
    {
        if (failed())
            return {};
        const auto view = take(m_file.require(name, {static_cast<std::uint64_t>(width)}));
        return failed() ? Vector{} : take(m_backend.vector(view));
    }
    Norm norm(const std::string& name, std::int64_t width)
    {
        return {vector(name + ".weight", width), vector(name + ".bias", width)};
    }
    Linear linear(const std::string& name, std::int64_t columns, std::int64_t rows)
    {
        return {matrix(name + ".weight", columns, rows), vector(name + ".bias", rows)};
    }
    RowsBuffer rows(std::int64_t count, std::int64_t width)
    {
        return failed() ? RowsBuffer{} : take(m_backend.allocateRows(count, width));
    }

    // A matrix, or the convolution kernel [P, P, 3, c] of released files: its bytes run c, channel,
    // row, column from slowest to fastest, so the kernel of one output is a matrix row as it is.
    Matrix patchMatrix(const VisionConfig& config)
    {
        constexpr std::string_view kName = "v.patch_embd.weight";
        const auto p = static_cast<std::uint64_t>(config.patchSize);
        const GgufTensor* found = m_file.gguf().findTensor(kName);
        if (failed() || found == nullptr || found->dimCount != 4)
            return matrix(kName, config.patchValues(), config.width);
        auto view =
            take(m_file.require(kName, {p, p, 3, static_cast<std::uint64_t>(config.width)}));
        if (failed())
            return {};
        view.rowBytes *= p * 3;
        view.dims = {p * p * 3, static_cast<std::uint64_t>(config.width), 1, 1};
        return take(m_backend.matrix(view));
    }

    // The class vector and the positions are only ever added together.
    RowsBuffer classAndPosition(const VisionConfig& config)
    {
        const auto width = static_cast<std::uint64_t>(config.width);
        const auto tokens = static_cast<std::uint64_t>(config.patches() + 1);
        const auto position = take(m_file.require("v.position_embd.weight", {width, tokens}));
        const auto classVector = take(m_file.require("v.class_embd", {width}));
        RowsBuffer result = rows(config.patches() + 1, config.width);
        if (failed())
            return {};
        std::vector<float> values(tokens * width);
        std::vector<float> classValues(width);
        take(dequantized(position, values));
        take(dequantized(classVector, classValues));
        for (std::size_t i = 0; i < width; ++i)
            values[(tokens - 1) * width + i] += classValues[i];
        m_backend.upload(result.rows, values);
        return result;
    }

private:
    static Result<bool> dequantized(const TensorView& view, std::vector<float>& values)
    {
        const auto done = dequantizeRow(view.type, view.data, values.data(), values.size());
        if (!done)
            return tl::unexpected(done.error());
        return true;
    }

    const ModelFile& m_file;
    Backend& m_backend;
    std::optional<Error> m_error;
};

Llama4Vision::Llama4Vision(const ModelFile& file, Backend& backend, const VisionConfig& config)
    : m_file(file), m_backend(backend), m_config(config)
{
    const auto side = static_cast<std::int32_t>(config.side());
    for (std::int32_t row = 0; row < side; row += 2)
        for (std::int32_t column = 0; column < side; column += 2)
            for (const std::int32_t patch : {row * side + column, row * side + column + 1,
                     (row + 1) * side + column, (row + 1) * side + column + 1})
                m_shuffle.push_back(patch);
    m_patchValues.resize(static_cast<std::size_t>(config.patches() * config.patchValues()));
    m_zeros.resize(static_cast<std::size_t>(config.width));
}

Result<std::unique_ptr<Llama4Vision>> Llama4Vision::load(const ModelFile& file, Backend& backend)
{
    auto config = visionConfig(file);
    if (!config)
        return tl::unexpected(config.error());
    for (const auto& [name, width] : {std::pair{"mm.model.mlp.1.weight", &config->adapterHidden},
             std::pair{"mm.model.mlp.2.weight", &config->adapterWidth}}) {
        const GgufTensor* tensor = file.gguf().findTensor(name);
        *width = tensor != nullptr
            ? static_cast<std::int64_t>(std::min<std::uint64_t>(tensor->dims[1], 1U << 20U))
            : 1; // require() below says that it is missing
    }

    std::unique_ptr<Llama4Vision> vision(new Llama4Vision(file, backend, *config));
    const VisionConfig& c = vision->m_config;
    Weights& w = vision->m_weights;
    Loader load(file, backend);
    w.patch = load.patchMatrix(c);
    w.classAndPosition = load.classAndPosition(c);
    w.preLn = load.norm("v.pre_ln", c.width);
    for (std::int64_t i = 0; i < c.layers && !load.failed(); ++i) {
        const std::string block = fmt::format("v.blk.{}.", i);
        // The converter of one llama.cpp release writes ln2 under this name.
        const bool renamed = !file.gguf().findTensor(block + "ln2.weight")
            && file.gguf().findTensor(block + "attn_post_norm.weight");
        Layer& layer = w.layers.emplace_back();
        layer.ln1 = load.norm(block + "ln1", c.width);
        layer.q = load.linear(block + "attn_q", c.width, c.width);
        layer.k = load.linear(block + "attn_k", c.width, c.width);
        layer.v = load.linear(block + "attn_v", c.width, c.width);
        layer.out = load.linear(block + "attn_out", c.width, c.width);
        layer.ln2 = load.norm(block + (renamed ? "attn_post_norm" : "ln2"), c.width);
        layer.up = load.linear(block + "ffn_up", c.width, c.ffn);
        layer.down = load.linear(block + "ffn_down", c.ffn, c.width);
    }
    w.postLn = load.norm("v.post_ln", c.width);
    w.mlp1 = load.matrix("mm.model.mlp.1.weight", 4 * c.width, c.adapterHidden);
    w.mlp2 = load.matrix("mm.model.mlp.2.weight", c.adapterHidden, c.adapterWidth);
    w.projector = load.matrix("mm.model.fc.weight", c.adapterWidth, c.projection);

    Scratch& s = vision->m_scratch;
    s.patches = load.rows(c.patches(), c.patchValues());
    s.x = load.rows(c.patches() + 1, c.width);
    s.normed = load.rows(c.patches() + 1, c.width);
    s.q = load.rows(c.patches() + 1, c.width);
    s.k = load.rows(c.patches() + 1, c.width);
    s.v = load.rows(c.patches() + 1, c.width);
    s.ffn = load.rows(c.patches() + 1, c.ffn);
    s.shuffled = load.rows(c.patches(), c.width);
    s.mlp1 = load.rows(c.tokens(), c.adapterHidden);
    s.mlp2 = load.rows(c.tokens(), c.adapterWidth);
    s.output = load.rows(c.tokens(), c.projection);
    if (load.failed())
        return tl::unexpected(load.error());
    return vision;
}

} // namespace lectern::inference
