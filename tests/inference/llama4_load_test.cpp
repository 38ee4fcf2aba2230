// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a llama4 file, one thing at a time: every key and every tensor missing or
// of another kind, settings that contradict each other or the tensors, each with its sentence.
#include "inference/cpu/reference_backend.h"
#include "inference/models/text_model.h"
#include "tests/inference/gguf_edit.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

using namespace lectern::inference;
using lectern::test::EditedGguf;
using lectern::test::EditedTensor;
using lectern::test::TemporaryFolder;

namespace {

EditedGguf golden(const char* name)
{
    return EditedGguf::load(lectern::test::root() / "golden/text" / name / "model.gguf");
}

class Loading {
public:
    // The sentence of loading the file; empty when it loads.
    std::optional<Error> errorOf(const EditedGguf& gguf)
    {
        const auto file = ModelFile::open(gguf.save(m_folder / "bad.gguf"));
        if (!file)
            return file.error();
        ReferenceBackend backend;
        const auto model = TextModel::load(**file, backend);
        return model ? std::nullopt : std::optional(model.error());
    }

    void expect(const EditedGguf& gguf, ErrorCode code, const std::string& words)
    {
        const auto error = errorOf(gguf);
        CHECK_ROW(error.has_value(), words);
        if (!error)
            return;
        CHECK_ROW(error->code == code, words + ": " + error->message);
        CHECK_ROW(error->message.find(words) != std::string::npos, error->message);
        CHECK_ROW(error->message.starts_with("bad.gguf: "), error->message);
        CHECK_ROW(error->message.ends_with("."), error->message);
    }

private:
    TemporaryFolder m_folder;
};

bool isOptional(const std::string& tensor)
{
    return tensor == "output.weight" || tensor == "rope_freqs.weight";
}

} // namespace

TEST(Llama4LoadTest, everyMissingTensorIsNamed)
{
    Loading loading;
    for (const char* model : {"scout", "maverick"}) {
        const EditedGguf whole = golden(model);
        for (const EditedTensor& tensor : whole.tensors) {
            EditedGguf gguf = whole;
            gguf.remove(tensor.name);
            if (isOptional(tensor.name))
                CHECK_ROW(!loading.errorOf(gguf), tensor.name);
            else
                loading.expect(gguf, ErrorCode::missingTensor, '"' + tensor.name + '"');
        }
    }
}

TEST(Llama4LoadTest, everyTensorOfAnotherShapeIsNamedWithBothShapes)
{
    Loading loading;
    const EditedGguf whole = golden("scout");
    for (const EditedTensor& tensor : whole.tensors) {
        EditedGguf gguf = whole;
        auto& dims = gguf.find(tensor.name)->dims;
        if (dims.size() == 1) { // the same bytes in another arrangement
            dims = {dims[0] / 2, 2};
        } else {
            dims[0] *= 2;
            dims[1] /= 2;
        }
        loading.expect(gguf, ErrorCode::wrongShape, '"' + tensor.name + '"');
        const auto error = loading.errorOf(gguf);
        const std::string shape = fmt::format("[{}, ", dims[0]);
        CHECK_ROW(error && error->message.find(shape) != std::string::npos, tensor.name);
    }
}

TEST(Llama4LoadTest, everyTensorOfATypeWithoutWeightsIsNamedWithIt)
{
    Loading loading;
    const EditedGguf whole = golden("scout");
    for (const EditedTensor& tensor : whole.tensors) {
        EditedGguf gguf = whole;
        gguf.find(tensor.name)->type = TensorType{26}; // I32, of the same size as F32
        loading.expect(gguf, ErrorCode::unsupportedType, '"' + tensor.name + "\" is stored as I32");
    }
}

TEST(Llama4LoadTest, everyKeyThatHasNoDefaultIsNamedWhenMissingOrOfAnotherKind)
{
    Loading loading;
    const EditedGguf whole = golden("scout");
    for (const char* name : {"block_count", "embedding_length", "context_length",
             "attention.head_count", "attention.layer_norm_rms_epsilon",
             "expert_feed_forward_length", "expert_used_count"}) {
        const std::string key = std::string("llama4.") + name;
        EditedGguf gguf = whole;
        gguf.keys.erase(key);
        loading.expect(gguf, ErrorCode::missingKey, key);
        gguf.keys[key] = std::string("many");
        loading.expect(gguf, ErrorCode::malformed, key);
        gguf.keys[key] = std::uint64_t{0};
        if (key != "llama4.attention.layer_norm_rms_epsilon")
            loading.expect(gguf, ErrorCode::malformed, key + " is 0");
        gguf.keys[key] = std::int64_t{-3};
        loading.expect(gguf, ErrorCode::malformed, key);
        gguf.keys[key] = std::numeric_limits<std::uint64_t>::max();
        if (key != "llama4.attention.layer_norm_rms_epsilon")
            loading.expect(gguf, ErrorCode::malformed, key);
    }
    EditedGguf gguf = whole;
    gguf.keys.erase("general.architecture");
    loading.expect(gguf, ErrorCode::missingKey, "general.architecture");
    gguf = golden("maverick"); // whose other layers are dense
    gguf.keys.erase("llama4.feed_forward_length");
    loading.expect(gguf, ErrorCode::missingKey, "llama4.feed_forward_length");
}

TEST(Llama4LoadTest, contradictingSettingsAreToldWithTheirNumbers)
{
    Loading loading;
    const auto with = [](const std::map<std::string, std::uint64_t>& changes) {
        EditedGguf gguf = golden("scout");
        for (const auto& [key, value] : changes)
            gguf.keys["llama4." + key] = value;
        return gguf;
    };
    loading.expect(with({{"attention.head_count_kv", 3}}), ErrorCode::malformed,
        "its 5 query heads cannot share 3 key/value heads");
    loading.expect(
        with({{"expert_used_count", 5}}), ErrorCode::malformed, "5 of 4 experts are to be used");
    loading.expect(with({{"expert_count", 0}}), ErrorCode::malformed, "1 of 0 experts");
    loading.expect(with({{"attention.value_length", 16}}), ErrorCode::malformed, "32");
    loading.expect(with({{"attention.key_length", 31}, {"attention.value_length", 31}}),
        ErrorCode::malformed, "31");
    loading.expect(with({{"rope.dimension_count", 16}}), ErrorCode::malformed, "16");
    // Settings that agree with each other but not with the tensors.
    loading.expect(
        with({{"block_count", 6}}), ErrorCode::missingTensor, "\"blk.5.attn_norm.weight\"");
    loading.expect(with({{"embedding_length", 64}}), ErrorCode::wrongShape, "[48");
    loading.expect(with({{"expert_count", 8}}), ErrorCode::wrongShape, "ffn_gate_inp.weight");
    loading.expect(with({{"expert_feed_forward_length", 64}}), ErrorCode::wrongShape, "_exps");
    loading.expect(with({{"attention.head_count", 10}}), ErrorCode::wrongShape, "attn_q.weight");
    loading.expect(with({{"interleave_moe_layer_step", 2}}), ErrorCode::missingTensor,
        "\"blk.0.ffn_gate.weight\"");
}
