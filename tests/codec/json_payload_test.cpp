#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/json_payload.hpp>

#include "codec/json_text.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace app {

struct Proof {
    std::string proof_id;
    int amount{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Proof, proof_id, amount)

enum class Color { red, green };
NLOHMANN_JSON_SERIALIZE_ENUM(Color, {{Color::red, "red"}, {Color::green, "green"}})

struct Throwing {};
inline void to_json(nlohmann::json&, const Throwing&) { throw std::runtime_error("no"); }
inline void from_json(const nlohmann::json&, Throwing&) { throw std::runtime_error("no"); }

struct NoJson {};

}  // namespace app

static_assert(PayloadValue<nlohmann::json>);
static_assert(PayloadValue<app::Proof>);
static_assert(PayloadValue<app::Color>);
static_assert(PayloadValue<Bytes>);
static_assert(PayloadValue<std::string>);
static_assert(!PayloadValue<app::NoJson>);
static_assert(!PayloadValue<int>);

TEST_CASE("JSON values are payloads in canonical form") {
    using Codec = PayloadCodec<nlohmann::json>;
    const auto value = nlohmann::json::parse(R"({"b": [1, 2.5], "a": {"x": "é"}})");
    const Bytes bytes = Codec::encode(value);
    CHECK(bytes.text() == R"({"a":{"x":"é"},"b":[1,2.5]})");
    CHECK(Codec::decode(bytes.view()) == value);
    CHECK(Codec::decode(as_bytes(" [ 1 ] ")) == nlohmann::json::array({1}));
}

TEST_CASE("types with to_json and from_json are payloads") {
    using Codec = PayloadCodec<app::Proof>;
    const Bytes bytes = Codec::encode({"proof_12345", 100});
    CHECK(bytes.text() == R"({"amount":100,"proof_id":"proof_12345"})");
    const auto proof = Codec::decode(bytes.view());
    REQUIRE(proof);
    CHECK(proof->proof_id == "proof_12345");
    CHECK(proof->amount == 100);
    CHECK(PayloadCodec<app::Color>::decode(PayloadCodec<app::Color>::encode(app::Color::green).view()) ==
          app::Color::green);
}

TEST_CASE("a peer's payload that is no such value gives nothing, and never throws") {
    for (const std::string_view text :
         {"{}", "[]", "7", "null", R"({"proof_id":1,"amount":"x"})", R"({"proof_id":"p"})"}) {
        LATTICE_SHOW(text);
        CHECK_FALSE(PayloadCodec<app::Proof>::decode(as_bytes(text)));
        CHECK(PayloadCodec<nlohmann::json>::decode(as_bytes(text)));
    }
    for (const std::string_view text : not_json) {
        LATTICE_SHOW(text);
        CHECK_FALSE(PayloadCodec<app::Proof>::decode(as_bytes(text)));
        CHECK_FALSE(PayloadCodec<nlohmann::json>::decode(as_bytes(text)));
    }
    CHECK_FALSE(PayloadCodec<app::Throwing>::decode(as_bytes("{}")));
    const std::string deep = repeated("[", 100'000) + repeated("]", 100'000);
    CHECK_FALSE(PayloadCodec<nlohmann::json>::decode(as_bytes(deep)));
    CHECK_FALSE(PayloadCodec<nlohmann::json>::decode(as_bytes(R"({"a":1,"a":2})")));
}

TEST_CASE("what encoding throws reaches the caller") {
    CHECK_THROWS_AS(PayloadCodec<app::Throwing>::encode({}), std::runtime_error);
    CHECK_THROWS_AS(PayloadCodec<nlohmann::json>::encode(nlohmann::json("\xff")), nlohmann::json::type_error);
}
