#include <string>
#include <string_view>

#include <lattice/codec/base64.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

std::string encoded(ByteView bytes) {
    std::string text;
    base64::append(text, bytes);
    return text;
}

}  // namespace

TEST_CASE("base64 matches the examples of RFC 4648, section 10") {
    const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                      {"f", "Zg=="},
                                                                      {"fo", "Zm8="},
                                                                      {"foo", "Zm9v"},
                                                                      {"foob", "Zm9vYg=="},
                                                                      {"fooba", "Zm9vYmE="},
                                                                      {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, form] : examples) {
        CHECK(encoded(as_bytes(plain)) == form);
        CHECK(base64::decode(form) == octets(as_bytes(plain)));
    }
}

TEST_CASE("base64 brings back random bytes of every length") {
    Random random(6);
    for (std::size_t size = 0; size < 300; ++size) {
        const Octets bytes = random_octets(random, size);
        const std::string text = encoded(view(bytes));
        REQUIRE(text.size() == base64::encoded_size(size));
        REQUIRE(base64::decode(text) == bytes);
    }
}

TEST_CASE("base64 in any but the one form is refused") {
    for (const std::string_view text : {"Zg", "Zg=", "Z", "Zg===", "Zh==", "Zm9=", "=", "====", "Z===", "Zg==Zg==",
                                        "Zm8=\n", "Zm 8", "Zm-_", " Zm9", "Zm=v", "Zm9\x80"}) {
        LATTICE_SHOW(text);
        CHECK_FALSE(base64::decode(text));
    }
}
