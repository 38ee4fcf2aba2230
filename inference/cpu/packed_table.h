// SPDX-License-Identifier: Apache-2.0
// Which arithmetic each type of packed weights takes. Included like packed_kernels_impl.h, after
// it, packed_types_impl.h and what each instruction set does with 16-bit weights.
// NOLINTBEGIN(misc-definitions-in-headers)

template <class Type> constexpr InputForm byteForm()
{
    return {InputForm::Kind::bytes, Type::kSub, Type::kOffset};
}

// Calls f<Type>() for quantised types, otherwise(type) for the rest.
template <class Function, class Otherwise>
LECTERN_INLINE inline auto withType(TensorType type, const Function& f, const Otherwise& otherwise)
{
    switch (type) {
    case TensorType::q4_0:
        return f.template operator()<Q4_0>();
    case TensorType::q8_0:
        return f.template operator()<Q8_0>();
    case TensorType::q4_k:
        return f.template operator()<Q4_K>();
    case TensorType::q5_k:
        return f.template operator()<Q5_K>();
    case TensorType::q6_k:
        return f.template operator()<Q6_K>();
    case TensorType::q4_1:
        return f.template operator()<Q4_1>();
    case TensorType::q5_0:
        return f.template operator()<Q5_0>();
    case TensorType::q5_1:
        return f.template operator()<Q5_1>();
    case TensorType::iq4_nl:
        return f.template operator()<IQ4_NL>();
    case TensorType::mxfp4:
        return f.template operator()<MXFP4>();
    case TensorType::q2_k:
        return f.template operator()<Q2_K>();
    case TensorType::q3_k:
        return f.template operator()<Q3_K>();
    case TensorType::iq4_xs:
        return f.template operator()<IQ4_XS>();
    default:
        return otherwise();
    }
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
