#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/frame.hpp>

namespace lattice::inline v0::http {

/// Reads a body of frames, one behind the other. Nothing when any of them is malformed, incomplete or one too many: then
/// none is handed over. Kinds that this version does not know are left out.
inline std::optional<std::vector<Frame>> decode_frames(std::string_view body, WireLimits limits,
                                                       std::size_t frames_max) {
    std::vector<Frame> frames;
    ByteView rest = as_bytes(body);
    std::size_t count = 0;
    while (!rest.empty()) {
        Decoded decoded = decode(rest, limits);
        const bool whole = decoded.status == DecodeStatus::frame || decoded.status == DecodeStatus::skipped;
        if (!whole || ++count > frames_max) {
            return std::nullopt;
        }
        if (decoded.status == DecodeStatus::frame) {
            frames.push_back(std::move(decoded.frame));
        }
        rest = rest.subspan(decoded.size);
    }
    return frames;
}

/// Appends a frame in binary form.
inline void append_frame(std::string& body, const Frame& frame) {
    const EncodedFrame encoded = encode_shared(frame);
    for (const ByteView part : encoded.parts()) {
        body.append(as_text(part));
    }
}

}  // namespace lattice::inline v0::http
