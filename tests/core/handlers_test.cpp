#include <optional>
#include <string>

#include <lattice/core/handlers.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

namespace {

struct Number {
    int value;
};

}  // namespace

template <>
struct lattice::PayloadCodec<Number> {
    static Bytes encode(const Number& number) { return Bytes(std::string_view(std::to_string(number.value))); }
    static std::optional<Number> decode(ByteView bytes) {
        return bytes.size() == 1 ? std::optional(Number{std::to_integer<int>(bytes[0]) - '0'}) : std::nullopt;
    }
};

using namespace lattice;

namespace {

struct Fixture {
    Message message;
    Peer from{"a"};
    Handlers handlers;

    explicit Fixture(const std::string& payload) : message(test::message(payload)) {}
    std::optional<Conclusion> process() { return handlers.process({message, from, {}, false}); }
};

}  // namespace

TEST_CASE("without handlers everything is accepted") {
    Fixture f("5");
    CHECK(f.process() == Conclusion::accepted);
}

TEST_CASE("a typed handler takes what decodes and makes the rest invalid") {
    int sum = 0;
    Fixture good("5");
    good.handlers.set_typed_handler<Number>("proof", [&](const Number& number) { sum += number.value; });
    CHECK(good.process() == Conclusion::accepted);
    Fixture bad("55");
    bad.handlers.set_typed_handler<Number>("proof",
                                           [&](const Number& number, const Delivery&) { sum += number.value; });
    CHECK(bad.process() == Conclusion::rejected);
    CHECK(sum == 5);
}

TEST_CASE("a later registration replaces an earlier one") {
    Fixture f("5");
    int first = 0;
    int second = 0;
    f.handlers.set_handler("proof", [&](const Delivery&) { ++first; });
    f.handlers.set_handler("proof", [&](const Delivery&) { ++second; });
    f.process();
    CHECK(first == 0);
    CHECK(second == 1);
}

TEST_CASE("the handler is not asked about what the validator did not accept") {
    Fixture f("5");
    int handled = 0;
    f.handlers.set_default_handler([&](const Delivery&) { ++handled; });
    for (const auto& [verdict, conclusion] :
         {std::pair{Verdict::reject, Conclusion::rejected}, std::pair{Verdict::ignore, Conclusion::ignored}}) {
        f.handlers.set_default_validator([said = verdict](const Delivery&) { return said; });
        CHECK(f.process() == conclusion);
    }
    f.handlers.set_default_validator([](const Delivery&) { return Verdict::deferred; });
    CHECK_FALSE(f.process().has_value());
    CHECK(handled == 0);
    CHECK(f.handlers.conclude({f.message, f.from, {}, false}, Verdict::accept) == Conclusion::accepted);
    CHECK(handled == 1);
}

TEST_CASE("whatever is thrown counts as failed") {
    Fixture f("5");
    f.handlers.set_handler("proof", [](const Delivery&) { throw 42; });
    CHECK(f.process() == Conclusion::failed);
    f.handlers.set_validator("proof", [](const Delivery&) -> Verdict { throw "text"; });
    CHECK(f.process() == Conclusion::failed);
}
