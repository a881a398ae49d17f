#include <string>
#include <utility>

#include <lattice/core/bytes.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("bytes are copied once and shared afterwards") {
    std::string text = "proof";
    const Bytes first(std::string_view{text});
    text[0] = 'X';
    const Bytes second = first;
    CHECK(first.text() == "proof");
    CHECK(second.data() == first.data());
}

TEST_CASE("an empty handle views nothing") {
    const Bytes empty;
    CHECK(empty.empty());
    CHECK(empty.view().empty());
    CHECK(empty == Bytes(std::string_view{}));
}

TEST_CASE("a moved-from handle is empty, and assignment releases what was held") {
    Bytes from(std::string_view{"one"});
    Bytes to(std::string_view{"two"});
    to = std::move(from);
    CHECK(to.text() == "one");
    CHECK(from.empty());  // NOLINT: what is left behind is specified
    to = Bytes{};
    CHECK(to.empty());
}

TEST_CASE("build lets the content be written in place") {
    const Bytes built = Bytes::build(3, [](std::byte* at) {
        at[0] = std::byte{'a'};
        at[1] = std::byte{'b'};
        at[2] = std::byte{'c'};
    });
    CHECK(built == Bytes(std::string_view{"abc"}));
    CHECK_FALSE(built == Bytes(std::string_view{"abd"}));
    CHECK(Bytes::build(0, [](std::byte*) {}).empty());
}
