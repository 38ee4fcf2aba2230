// SPDX-License-Identifier: Apache-2.0
// The GGUF parser: values of every kind, every refusal of the seed corpus with its words, and
// damaged files at every byte.
#include "inference/gguf.h"
#include "tests/inference/test.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

using namespace lectern::inference;
namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string bytesOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Result<Gguf> parse(std::string_view bytes)
{
    return parseGguf(std::as_bytes(std::span(bytes)));
}

// Parses a copy on the heap of exactly this size, so that a sanitizer sees a read beyond its end.
void replay(std::string_view bytes)
{
    const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

std::map<std::string, std::string> corpus()
{
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(lectern::test::root() / "fuzz/corpus/gguf"))
        files[entry.path().stem().string()] = bytesOf(entry.path());
    return files;
}

struct Refusal {
    const char* file;
    ErrorCode code;
    const char* words; // part of the sentence
};

const Refusal kRefusals[] = {
    {"no-magic", ErrorCode::notGguf, "not a GGUF model"},
    {"no-big-endian", ErrorCode::unsupportedVersion, "big-endian"},
    {"no-version-1", ErrorCode::unsupportedVersion, "version 1;"},
    {"no-version-0", ErrorCode::unsupportedVersion, "version 0;"},
    {"no-version-huge", ErrorCode::unsupportedVersion, "version 2147483647;"},
    {"no-tensor-count-huge", ErrorCode::malformed,
        "byte 8: it claims 18446744073709551615 tensors"},
    {"no-tensor-count-wraps-times-size", ErrorCode::malformed, "tensors"},
    {"no-tensor-count-one-too-many", ErrorCode::malformed, "number 0 has no name"},
    {"no-key-count-huge", ErrorCode::malformed, "byte 16: it claims 18446744073709551615 keys"},
    {"no-key-count-wraps-times-size", ErrorCode::malformed, "keys"},
    {"no-key-count-one-too-many", ErrorCode::malformed, "key 1 has no name"},
    {"no-key-count-within-limits", ErrorCode::truncated, "its 60000 keys"},
    {"no-key-name-length-huge", ErrorCode::malformed, "byte 24: the name of key 0 claims"},
    {"no-key-name-length-wraps-plus-one", ErrorCode::malformed, "the name of key 0 claims"},
    {"no-key-name-beyond-end", ErrorCode::truncated, "ends inside the name of key 0"},
    {"no-string-length-huge", ErrorCode::malformed, "the key \"k\" claims"},
    {"no-string-length-2-to-32", ErrorCode::malformed, "claims 4294967296 bytes"},
    {"no-string-beyond-end", ErrorCode::truncated, "the key \"k\""},
    {"no-tensor-name-length-huge", ErrorCode::malformed, "the name of tensor 0 claims"},
    {"no-token-string-huge", ErrorCode::malformed, "element 1 of the key \"k\" claims"},
    {"no-token-string-beyond-end", ErrorCode::truncated, "element 1 of the key \"k\""},
    {"no-value-type-unknown", ErrorCode::malformed, "unknown value type 13"},
    {"no-value-type-huge", ErrorCode::malformed, "unknown value type 4294967295"},
    {"no-bool-is-2", ErrorCode::malformed, "must be 0 or 1, not 2"},
    {"no-array-length-huge", ErrorCode::malformed, "claims 18446744073709551615 elements"},
    {"no-array-length-wraps-times-4", ErrorCode::malformed, "elements"},
    {"no-array-length-wraps-times-8", ErrorCode::malformed, "elements"},
    {"no-array-beyond-end", ErrorCode::truncated, "the key \"k\""},
    {"no-array-of-strings-beyond-end", ErrorCode::truncated, "the key \"k\""},
    {"no-array-type-unknown", ErrorCode::malformed, "unknown value type 200"},
    {"no-array-type-13", ErrorCode::malformed, "unknown value type 13"},
    {"no-array-of-arrays", ErrorCode::malformed, "array of arrays at byte"},
    {"no-array-nested-deep", ErrorCode::malformed, "array of arrays"},
    {"no-key-twice", ErrorCode::malformed, "key \"general.architecture\" twice"},
    {"no-tensor-twice", ErrorCode::malformed, "tensor \"a\" twice"},
    {"no-dim-count-0", ErrorCode::malformed, "0 dimensions"},
    {"no-dim-count-5", ErrorCode::malformed, "5 dimensions"},
    {"no-dim-count-huge", ErrorCode::malformed, "4294967295 dimensions"},
    {"no-dim-zero", ErrorCode::malformed, "size 0 in dimension 1"},
    {"no-dim-negative", ErrorCode::malformed, "more bytes than 64 bits"},
    {"no-dims-product-wraps-to-0", ErrorCode::malformed, "more values than 64 bits"},
    {"no-dims-product-wraps-small", ErrorCode::malformed, "more values than 64 bits"},
    {"no-dims-product-wraps-in-4", ErrorCode::malformed, "more values than 64 bits"},
    {"no-dims-bytes-wrap", ErrorCode::malformed, "more bytes than 64 bits"},
    {"no-dims-bytes-wrap-f16", ErrorCode::malformed, "more bytes than 64 bits"},
    {"no-dims-inflated", ErrorCode::truncated, "truncated at byte"},
    {"no-dims-inflated-by-one-block", ErrorCode::truncated, "truncated at byte"},
    {"no-row-part-of-a-block", ErrorCode::malformed, "rows of 33 values"},
    {"no-row-part-of-a-block-whole-total", ErrorCode::malformed, "rows of 16 values"},
    {"no-type-unknown", ErrorCode::unsupportedType, "element type number 77"},
    {"no-type-removed", ErrorCode::unsupportedType, "element type number 4"},
    {"no-type-negative", ErrorCode::unsupportedType, "element type number 4294967295"},
    {"no-offset-huge", ErrorCode::malformed, "beyond what 64 bits"},
    {"no-offset-wraps-with-size", ErrorCode::malformed, "beyond what 64 bits"},
    {"no-offset-beyond-end", ErrorCode::truncated, "truncated at byte"},
    {"no-offset-unaligned", ErrorCode::malformed, "not a multiple of the alignment 32"},
    {"no-data-missing", ErrorCode::truncated, "truncated at byte"},
    {"no-data-one-byte-short", ErrorCode::truncated, "truncated at byte"},
    {"no-data-second-tensor-short", ErrorCode::truncated, "truncated at byte"},
    {"no-data-overlaps", ErrorCode::malformed, "\"a\" and \"b\" overlap"},
    {"no-sizes-wrap-together", ErrorCode::malformed, "beyond what 64 bits"},
    {"no-alignment-0", ErrorCode::malformed, "alignment of 0"},
    {"no-alignment-3", ErrorCode::malformed, "alignment of 3"},
    {"no-alignment-2-to-31", ErrorCode::malformed, "alignment of 2147483648"},
    {"no-alignment-2-to-63", ErrorCode::malformed, "alignment of 9223372036854775808"},
    {"no-alignment-all-ones", ErrorCode::malformed, "alignment of 4294967295"},
    {"no-alignment-a-string", ErrorCode::malformed, "alignment of"},
    {"no-alignment-array", ErrorCode::malformed, "alignment of"},
    {"no-empty", ErrorCode::truncated, "is empty"},
    {"no-magic-only", ErrorCode::truncated, "truncated at byte 4 of 8"},
    {"no-ends-in-counts", ErrorCode::truncated, "truncated at byte 20 of 24"},
};

} // namespace

TEST(GgufTest, refusesEveryLyingHeaderInWords)
{
    const auto files = corpus();
    std::set<std::string> covered;
    for (const Refusal& row : kRefusals) {
        covered.insert(row.file);
        CHECK_ROW(files.contains(row.file), row.file);
        if (!files.contains(row.file))
            continue;
        const auto gguf = parse(files.at(row.file));
        CHECK_ROW(!gguf, row.file);
        if (gguf)
            continue;
        const std::string context = std::string(row.file) + ": " + gguf.error().message;
        CHECK_ROW(gguf.error().code == row.code, context);
        CHECK_ROW(gguf.error().message.find(row.words) != std::string::npos, context);
        CHECK_ROW(gguf.error().message.ends_with('.'), context);
    }
    for (const auto& [name, bytes] : files)
        CHECK_ROW(!name.starts_with("no-") || covered.contains(name), name);
}

TEST(GgufTest, acceptsEveryHonestHeader)
{
    int accepted = 0;
    for (const auto& [name, bytes] : corpus()) {
        if (!name.starts_with("ok-"))
            continue;
        const auto gguf = parse(bytes);
        CHECK_ROW(gguf.has_value(), gguf ? name : name + ": " + gguf.error().message);
        ++accepted;
    }
    CHECK(accepted >= 5);
}

TEST(GgufTest, readsValuesOfEveryKind)
{
    const auto gguf = parse(corpus().at("ok-every-kind-of-value"));
    REQUIRE(gguf);
    CHECK(gguf->integer("u8") == 7U);
    CHECK(gguf->integer("u16") == 0x0201U);
    CHECK(gguf->integer("u64") == std::uint64_t{1} << 63U);
    CHECK(!gguf->integer("i8"));
    CHECK(gguf->number("i8") == -1.0);
    CHECK(gguf->number("i16") == -2.0);
    CHECK(gguf->number("i32") == -3.0);
    CHECK(gguf->number("i64") == -5.0);
    CHECK(gguf->number("f32") == 1.5);
    CHECK(gguf->number("f64") == 0.25);
    CHECK(gguf->number("u32") == 9.0);
    CHECK(gguf->boolean("bool") == true);
    CHECK(!gguf->boolean("u8"));
    CHECK(!gguf->integer("absent"));
    REQUIRE(gguf->string("string") != nullptr);
    CHECK(*gguf->string("string") == "gr\xC3\xBC\xC3\x9F");
    REQUIRE(gguf->strings("strings") != nullptr);
    CHECK(*gguf->strings("strings") == (std::vector<std::string>{"a", ""}));
    CHECK(std::get<std::vector<std::uint64_t>>(gguf->keys.at("u8s"))
        == (std::vector<std::uint64_t>{1, 2}));
    CHECK(std::get<std::vector<bool>>(gguf->keys.at("bools")) == (std::vector<bool>{false, true}));
    CHECK(std::get<std::vector<double>>(gguf->keys.at("f32s")).size() == 3);
    CHECK(std::get<std::vector<std::uint64_t>>(gguf->keys.at("empty")).empty());
}

TEST(GgufTest, placesTensorsAfterThePaddedHeader)
{
    const std::string bytes = corpus().at("ok-tensors");
    const auto gguf = parse(bytes);
    REQUIRE(gguf && gguf->tensors.size() == 3);
    const std::uint64_t start = bytes.size() - 240;
    CHECK(gguf->tensors[0].offset == start);
    CHECK(gguf->tensors[0].byteSize == 32);
    CHECK(gguf->tensors[0].dims == (std::array<std::uint64_t, 4>{4, 2, 1, 1}));
    CHECK(gguf->tensors[1].offset == start + 32);
    CHECK(gguf->tensors[1].byteSize == 34);
    CHECK(gguf->tensors[2].offset == start + 96);
    CHECK(gguf->tensors[2].byteSize == 144);
    CHECK(gguf->findTensor("b") == &gguf->tensors[1]);
    CHECK(gguf->findTensor("d") == nullptr);
}

TEST(GgufTest, truncationAnywhereIsSaidAsTruncation)
{
    for (const char* name : {"ok-tensors", "ok-every-kind-of-value", "ok-alignment-64"}) {
        const std::string whole = corpus().at(name);
        for (std::size_t size = 1; size < whole.size(); ++size) {
            const auto gguf = parse(std::string_view(whole).substr(0, size));
            if (gguf) // only the padding behind a header without tensors may be missing
                CHECK_ROW(gguf->tensors.empty(), std::to_string(size));
            else
                CHECK_ROW(gguf.error().code == ErrorCode::truncated, gguf.error().message);
            replay(std::string_view(whole).substr(0, size));
        }
    }
}

TEST(GgufTest, flippedBytesAreRefusedOrHarmless)
{
    for (const auto& [name, whole] : corpus()) {
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const int flip : {0x01, 0x10, 0x80, 0xFF}) {
                std::string damaged = whole;
                damaged[at] = static_cast<char>(damaged[at] ^ flip);
                replay(damaged);
            }
        }
    }
}

TEST(GgufTest, theHeadersOfWholeModelsSurviveDamageToo)
{
    for (const char* model : {"tokenizer/small2000-vocab.gguf", "vision/v56/mmproj.gguf"}) {
        std::string bytes = bytesOf(lectern::test::root() / "golden" / model);
        REQUIRE(parse(bytes));
        bytes.resize(std::min<std::size_t>(bytes.size(), 40000)); // mostly header
        for (std::size_t at = 0; at < bytes.size(); at += 97) {
            std::string damaged = bytes;
            damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
            replay(damaged);
            replay(std::string_view(bytes).substr(0, at));
        }
    }
}
