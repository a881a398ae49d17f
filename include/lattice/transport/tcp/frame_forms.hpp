#pragma once

#include <cstddef>
#include <optional>

#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>

namespace lattice::inline v0::tcp {

/// One frame on its way to many peers, in the forms that they take: each is made once, when the first peer needs it.
class FrameForms {
   public:
    /// The frame, writer and context outlive this.
    FrameForms(const Frame& frame, FrameWriter& writer, Context& context) noexcept
        : frame_(frame), writer_(writer), context_(context) {
        const Message* const message = message_of(frame);
        pays_ = message != nullptr && message->payload().size() >= context.options.compressed_from;
    }

    /// For a peer that takes packed frames, or one that does not.
    const WireFrame& form(bool takes_packed) {
        if (takes_packed && pays_ && !packed_) {
            packed_ = writer_.write_packed(frame_, *context_.options.compression);
            pays_ = packed_.has_value();
            context_.statistics.frames_packed += pays_ ? 1U : 0U;
        }
        if (takes_packed && pays_) {
            return *packed_;
        }
        if (!plain_) {
            plain_ = writer_.write(frame_);
            ++context_.statistics.frames_encoded;
        }
        return *plain_;
    }

    /// Nobody took the frame: gives back the memory of a plain one.
    void discard() noexcept {
        if (plain_ && !packed_) {
            writer_.discard(*plain_);
        }
    }

   private:
    const Frame& frame_;
    FrameWriter& writer_;
    Context& context_;
    bool pays_;
    std::optional<WireFrame> plain_;
    std::optional<WireFrame> packed_;
};

}  // namespace lattice::inline v0::tcp
