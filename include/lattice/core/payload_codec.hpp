#pragma once

#include <concepts>
#include <optional>
#include <string>

#include <lattice/core/bytes.hpp>

namespace lattice::inline v0 {

/// How values of type T stand in payloads: specialise it to broadcast T and to register handlers that take T.
///
/// | expression                    | result             | meaning                                                       |
/// |-------------------------------|--------------------|---------------------------------------------------------------|
/// | `PayloadCodec<T>::encode(v)`  | `Bytes`            | The payload. May throw what encoding throws; nothing is sent. |
/// | `PayloadCodec<T>::decode(b)`  | `std::optional<T>` | The value, or nothing when the bytes are not one. They come   |
/// |                               |                    | from a peer: never throws, never allocates without bound.     |
///
/// The primary template has no definition. <lattice/codec/json_payload.hpp> specialises it for nlohmann::json and for
/// every type with to_json and from_json.
template <typename T>
struct PayloadCodec;

/// Types with a PayloadCodec.
template <typename T>
concept PayloadValue = requires(const T& value, ByteView bytes) {
    { PayloadCodec<T>::encode(value) } -> std::same_as<Bytes>;
    { PayloadCodec<T>::decode(bytes) } -> std::same_as<std::optional<T>>;
};

/// Bytes stand for themselves.
template <>
struct PayloadCodec<Bytes> {
    static Bytes encode(const Bytes& value) noexcept { return value; }
    template <typename T = Bytes>
    static std::optional<T> decode(ByteView bytes) {
        return T(bytes);
    }
};

/// Text stands as its characters; any bytes are taken.
template <>
struct PayloadCodec<std::string> {
    static Bytes encode(const std::string& value) { return Bytes(std::string_view(value)); }
    template <typename T = std::string>
    static std::optional<T> decode(ByteView bytes) {
        return T(as_text(bytes));
    }
};

}  // namespace lattice::inline v0
