// SPDX-License-Identifier: Apache-2.0
// Which arithmetic each type of packed weights takes. Included like packed_kernels_impl.h, after
// it and what each instruction set does with 16-bit weights.
// NOLINTBEGIN(misc-definitions-in-headers)

template <class Type> constexpr InputForm byteForm()
{
    return {InputForm::Kind::bytes, Type::kSub, Type::kOffset};
}

InputForm formOf(TensorType type, std::int64_t tokens)
{
    return withType(
        type, []<class Type>() { return byteForm<Type>(); },
        [&] {
            InputForm form;
            if (type != TensorType::f32 && tokens > kExactTokens)
                form.kind = kManyTokensKind;
            return form;
        });
}

std::int64_t panelRowsOf(TensorType type, std::int64_t /*columns*/, std::int64_t tokens)
{
    return withType(
        type,
        [&]<class Type>() {
            if (tokens <= kDirectTokens)
                return tokens == 1 && kManyStreams<Type> ? kStreams * kRows : kRows;
            return kByteGroups * kRows;
        },
        [&] { return tokens == 1 ? kStreams * kRows : 2 * kRows; });
}

std::int64_t panelBytesOf(TensorType type, std::int64_t columns)
{
    return withType(
        type,
        [&]<class Type>() {
            return kByteGroups * kRows
                * (columns + columns / Type::kSub * 4 * (Type::kMins ? 2 : 1));
        },
        [&] { return 2 * kRows * 4 * (columns + 1); });
}

void prepare(InputForm form, const float* x, std::int64_t columns, std::byte* out)
{
    if (form.kind == InputForm::Kind::bytes)
        prepareBytes(form, x, columns, out);
    else
        prepareBfloats(x, columns, out);
}

void multiply(const PackedProduct& p)
{
    withType(
        p.type, [&]<class Type>() { multiplyBytes<Type>(p); },
        [&] {
            if (p.type == TensorType::f32)
                multiplyFloats(p);
            else
                multiplyHalfWidth(p);
        });
}
// NOLINTEND(misc-definitions-in-headers)
