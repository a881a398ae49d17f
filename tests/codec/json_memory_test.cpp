/// What a peer's JSON can make the decoder allocate, by counting allocations. Left out under the sanitizers: they bring
/// allocation functions of their own, which do not mix with counting ones.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define LATTICE_COUNT_ALLOCATIONS 0
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#        define LATTICE_COUNT_ALLOCATIONS 0
#    endif
#endif
#ifndef LATTICE_COUNT_ALLOCATIONS
#    define LATTICE_COUNT_ALLOCATIONS 1
#endif

#if LATTICE_COUNT_ALLOCATIONS

#    include <cstddef>
#    include <cstdlib>
#    include <new>
#    include <string>
#    include <string_view>
#    include <vector>

#    include <lattice/codec/json.hpp>

#    include "codec/json_text.hpp"
#    include "support/catch.hpp"

namespace {

std::size_t allocated_now = 0;
std::size_t allocated_peak = 0;

/// Before each allocation, its size; as large as the strictest alignment.
constexpr std::size_t header = alignof(std::max_align_t) > sizeof(std::size_t) ? alignof(std::max_align_t)
                                                                               : sizeof(std::size_t);

}  // namespace

void* operator new(std::size_t size) {
    auto* block = static_cast<std::byte*>(std::malloc(header + size));
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    *reinterpret_cast<std::size_t*>(block) = size;
    allocated_now += size;
    allocated_peak = allocated_now > allocated_peak ? allocated_now : allocated_peak;
    return block + header;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr) {
        auto* block = static_cast<std::byte*>(memory) - header;
        allocated_now -= *reinterpret_cast<std::size_t*>(block);
        std::free(block);
    }
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

using namespace codec_test;

namespace {

struct Cost {
    std::size_t peak;  ///< Bytes held at most while the text was decoded.
    std::size_t kept;  ///< Bytes still held after the result was destroyed.
};

Cost cost_of(const std::string& text) {
    const std::size_t before = allocated_now;
    allocated_peak = allocated_now;
    { const JsonMessage decoded = decode_json(text); }
    return {allocated_peak - before, allocated_now - before};
}

std::string in_payload(const std::string& value) {
    return MessageText().set("payload", R"({"a":)" + value + "}").text();
}

}  // namespace

TEST_CASE("hostile documents take a small multiple of their text, and give it back") {
    const std::string texts[] = {
        repeated("[", 200'000),
        in_payload(repeated("[", 200'000) + repeated("]", 200'000)),
        in_payload("[" + repeated("{},", 60'000) + "{}]"),
        in_payload("[" + repeated("[],", 60'000) + "[]]"),
        in_payload("[" + repeated("0,", 100'000) + "0]"),
        in_payload("[" + repeated(R"("",)", 60'000) + "0]"),
        in_payload(object_of_keys(20'000)),
        in_payload("[" + repeated(object_of_keys(256) + ",", 100) + "0]"),
        in_payload(repeated("9", 200'000)),
        in_payload('"' + std::string(200'000, 'x') + '"'),
        in_payload('"' + repeated("\\u0000", 30'000) + '"'),
        in_payload('"' + std::string(200'000, 'x')),
        MessageText().set("later", '"' + std::string(200'000, 'x') + '"').text(),
        MessageText().set("seen_by", "[" + repeated(R"("node",)", 30'000) + "\"x\"]").text(),
        std::string(10'000'000, ' '),
    };
    for (const std::string& text : texts) {
        LATTICE_SHOW(text.substr(0, 200));
        const Cost cost = cost_of(text);
        CHECK(cost.peak <= 8 * text.size() + 16'384);
        CHECK(cost.kept == 0);
    }
}

TEST_CASE("a foreign message, which is parsed and printed anew, takes no more than a tree of it") {
    const std::string dense = in_payload("[" + repeated(R"({"id":7},)", 3'000) + "0]");
    REQUIRE(decode_json(dense));
    const Cost cost = cost_of(dense);
    CHECK(cost.peak <= 24 * dense.size());
    CHECK(cost.kept == 0);
}

TEST_CASE("a message that verifies is decoded without a tree") {
    const std::string payload = R"({"a":[)" + repeated(R"({"id":7},)", 3'000) + "0]}";
    const std::string text = encode_json(Message::compose(fields("t", "o", as_bytes(payload))), {1, 0}, "o");
    REQUIRE(decode_json(text).message.authenticity() == Message::Authenticity::verified);
    CHECK(cost_of(text).peak <= text.size() + 4'096);
}

#endif
