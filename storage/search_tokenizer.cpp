// SPDX-License-Identifier: Apache-2.0
// A tokenizer over FTS5's unicode61, which takes a whole Chinese sentence for one word.
//
// Why not FTS5's trigrams: they find nothing shorter than three characters, and most Chinese and
// Japanese words are two; what LIKE then does reads every message. Single letters and phrases need
// no second table, find a word of any length, and leave other scripts' words whole.
#include "storage/search_tokenizer.h"

#include <array>
#include <cstdint>
#include <memory>
#include <new>

namespace lectern::storage {
namespace {

using TokenFn = int (*)(void*, int, const char*, int, int, int);

struct Span {
    std::uint32_t first;
    std::uint32_t last;
};

// Letters of scripts without spaces between words, or (Korean) whose words grow endings; ascending.
constexpr std::array kUnspaced = {
    Span{0x0E01, 0x0EDF},   // Thai, Lao
    Span{0x1000, 0x109F},   // Myanmar
    Span{0x1100, 0x11FF},   // Hangul jamo
    Span{0x1780, 0x17D3},   // Khmer
    Span{0x3005, 0x3007},   // iteration mark, closing mark, zero
    Span{0x3041, 0x3096},   // Hiragana
    Span{0x309D, 0x309F},   // its iteration marks
    Span{0x30A1, 0x30FA},   // Katakana
    Span{0x30FC, 0x318E},   // its long vowel, Bopomofo, Hangul letters
    Span{0x31A0, 0x31FF},   // more of both
    Span{0x3400, 0x4DBF},   // Han
    Span{0x4E00, 0x9FFF},   // Han
    Span{0xAC00, 0xD7A3},   // Hangul syllables
    Span{0xF900, 0xFAFF},   // Han, compatibility
    Span{0xFF66, 0xFF9D},   // Katakana, half width
    Span{0x20000, 0x3FFFF}, // Han
};

bool isUnspaced(std::uint32_t character)
{
    if (character < kUnspaced.front().first)
        return false;
    for (const Span& span : kUnspaced)
        if (character <= span.last)
            return character >= span.first;
    return false;
}

struct Character {
    std::uint32_t code = 0;
    int size = 1; // bytes
};

// Of text that need not be UTF-8: a byte that begins no whole character stands for itself.
Character characterAt(const char* text, int left)
{
    const auto byte = [text](int i) { return static_cast<std::uint8_t>(text[i]); };
    const int size = byte(0) < 0xC2 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    if (size == 1 || size > left)
        return {byte(0), 1};
    std::uint32_t code = byte(0) & (0xFFU >> (size + 1));
    for (int i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80)
            return {byte(0), 1};
        code = code << 6 | (byte(i) & 0x3FU);
    }
    return {code, size};
}

struct Tokenizer {
    fts5_tokenizer unicode{};
    Fts5Tokenizer* instance = nullptr;

    Tokenizer() = default;
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;
    ~Tokenizer()
    {
        if (instance)
            unicode.xDelete(instance);
    }
};

int create(void* context, const char**, int, Fts5Tokenizer** made)
{
    auto* api = static_cast<fts5_api*>(context);
    std::unique_ptr<Tokenizer> tokenizer(new (std::nothrow) Tokenizer);
    if (!tokenizer)
        return SQLITE_NOMEM;
    void* unicodeContext = nullptr;
    int code = api->xFindTokenizer(api, "unicode61", &unicodeContext, &tokenizer->unicode);
    if (code != SQLITE_OK)
        return code;
    std::array<const char*, 2> arguments = {"remove_diacritics", "2"};
    code = tokenizer->unicode.xCreate(
        unicodeContext, arguments.data(), static_cast<int>(arguments.size()), &tokenizer->instance);
    if (code == SQLITE_OK)
        *made = reinterpret_cast<Fts5Tokenizer*>(tokenizer.release());
    return code;
}

void destroy(Fts5Tokenizer* tokenizer)
{
    delete reinterpret_cast<Tokenizer*>(tokenizer);
}

// Words of a stretch of the text, told with their places in the whole.
struct Stretch {
    void* context;
    TokenFn token;
    int start;
};

int tokenOfStretch(void* context, int flags, const char* token, int size, int start, int end)
{
    const auto& stretch = *static_cast<const Stretch*>(context);
    return stretch.token(
        stretch.context, flags, token, size, stretch.start + start, stretch.start + end);
}

int tokenize(
    Fts5Tokenizer* self, void* context, int flags, const char* text, int size, TokenFn token)
{
    auto& tokenizer = *reinterpret_cast<Tokenizer*>(self);
    int stretchStart = 0;
    const auto endStretch = [&](int end) {
        if (end == stretchStart)
            return SQLITE_OK;
        Stretch stretch{context, token, stretchStart};
        return tokenizer.unicode.xTokenize(tokenizer.instance, &stretch, flags, text + stretchStart,
            end - stretchStart, tokenOfStretch);
    };
    int at = 0;
    while (at < size) {
        const Character character = characterAt(text + at, size - at);
        if (isUnspaced(character.code)) {
            int code = endStretch(at);
            stretchStart = at + character.size;
            if (code == SQLITE_OK)
                code = token(context, 0, text + at, character.size, at, stretchStart);
            if (code != SQLITE_OK)
                return code;
        }
        at += character.size;
    }
    return endStretch(size);
}

} // namespace

int addSearchTokenizer(sqlite3* database)
{
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(database, "SELECT fts5(?1)", -1, &statement, nullptr);
    if (code != SQLITE_OK)
        return code;
    fts5_api* api = nullptr;
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
    code = sqlite3_finalize(statement);
    if (code != SQLITE_OK)
        return code;
    if (!api)
        return SQLITE_ERROR;
    fts5_tokenizer ours{create, destroy, tokenize};
    return api->xCreateTokenizer(api, "lectern", api, &ours, nullptr);
}

} // namespace lectern::storage
