#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include <lattice/codec/binary.hpp>
#include <lattice/codec/json.hpp>
#include <lattice/core/frame.hpp>

namespace lattice::inline v0::http {

/// Whether the reference has a call for such a frame.
inline bool has_foreign_form(const Frame& frame) noexcept {
    return message_of(frame) != nullptr || std::holds_alternative<Request>(frame) ||
           std::holds_alternative<SyncRequest>(frame);
}

/// Whether the receiver is to be counted, which JSON has no word for.
inline bool wants_receipt(const Frame& frame) noexcept {
    const auto* push = std::get_if<Push>(&frame);
    const auto* provide = std::get_if<Provide>(&frame);
    return (push != nullptr && push->envelope.receipt) || (provide != nullptr && provide->envelope.receipt);
}

/// One frame on its way to any number of peers, encoded at most once in each form, on the thread that first needs it: the
/// executor never spends time on it.
class OutgoingFrame {
   public:
    OutgoingFrame(Frame frame, const std::string& node_id) : frame_(std::move(frame)), node_id_(node_id) {}
    OutgoingFrame(const OutgoingFrame&) = delete;
    OutgoingFrame& operator=(const OutgoingFrame&) = delete;

    [[nodiscard]] const Frame& frame() const noexcept { return frame_; }

    /// The message of a Push or Provide as the reference's JSON.
    const std::string& json() {
        std::call_once(json_made_, [this] {
            const auto* push = std::get_if<Push>(&frame_);
            const auto* provide = std::get_if<Provide>(&frame_);
            json_ = push != nullptr ? encode_json(push->message, push->envelope, node_id_)
                                    : encode_json(provide->message, provide->envelope, node_id_);
        });
        return json_;
    }

    /// Appends the frame in binary form.
    void append_binary(std::string& body) {
        std::call_once(binary_made_, [this] { binary_ = encode_shared(frame_); });
        for (const ByteView part : binary_.parts()) {
            body.append(as_text(part));
        }
    }

    /// About the bytes that the frame keeps occupied while it waits, and takes on the wire.
    [[nodiscard]] static std::size_t weight(const Frame& frame) {
        constexpr std::size_t fixed = 64;
        const Message* message = message_of(frame);
        return message != nullptr ? message->footprint() : fixed + encoded_size(frame);
    }

   private:
    Frame frame_;
    const std::string& node_id_;
    std::once_flag json_made_;
    std::string json_;
    std::once_flag binary_made_;
    EncodedFrame binary_;
};

}  // namespace lattice::inline v0::http
