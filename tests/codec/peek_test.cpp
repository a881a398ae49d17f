#include <cstddef>
#include <string>

#include <lattice/codec/encode.hpp>
#include <lattice/codec/peek.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("the id of a message is seen before its frame has arrived whole, and only where there is one") {
    for (const std::size_t size : {0U, 100U, 5'000U, 100'000U}) {
        const std::string payload(size, 'x');
        MessageFields fields{"type", "origin", as_bytes(payload)};
        const Message message = Message::compose(fields);
        const Bytes bytes = encode(Push{message, {3, 0}});
        CHECK(peek_id(bytes.view()) == message.id());
        const std::size_t head = bytes.size() - size;
        bool seen = false;
        for (std::size_t cut = 0; cut < head; ++cut) {
            const auto id = peek_id(bytes.view().first(cut));
            CHECK((!id || *id == message.id()));
            seen = seen || id.has_value();
        }
        CHECK(seen);
    }
    CHECK_FALSE(peek_id(encode(Announce{{MessageId{}, MessageId{}}}).view()));
    CHECK_FALSE(peek_id({}));
    CHECK_FALSE(peek_id(as_bytes(std::string(60, '\xff'))));
}
