// SPDX-License-Identifier: Apache-2.0
// Shapes of AMX's eight tile registers. Included inside the unnamed namespace of packed_amx.cpp and
// attention_amx.cpp, nowhere else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, 18.2.
struct alignas(64) TileShapes {
    std::uint8_t palette = 1;
    std::uint8_t startRow = 0;
    std::uint8_t reserved[14] = {};
    std::uint16_t bytes[16] = {}; // of a row
    std::uint8_t rows[16] = {};
    void set(int tile, std::int64_t rowCount, std::int64_t rowBytes)
    {
        rows[tile] = static_cast<std::uint8_t>(rowCount);
        bytes[tile] = static_cast<std::uint16_t>(rowBytes);
    }
};

// Tile instructions do not tell the compiler what they read: everything at p is written before.
inline void finishWrites(const void* p)
{
    asm volatile("" : : "r"(p) : "memory");
}

inline void configure(const TileShapes& shapes)
{
    finishWrites(&shapes);
    _tile_loadconfig(&shapes);
}
// NOLINTEND(misc-definitions-in-headers)
