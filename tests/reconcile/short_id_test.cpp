#include <lattice/reconcile/short_id.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

TEST_CASE("short ids are SipHash-2-4 with 128 bits of the id") {
    // What OpenSSL gives for the bytes 0 to 31 under the key 0 to 15.
    MessageId id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        id.bytes[i] = static_cast<std::byte>(i);
    }
    const ShortId short_id = shorten(id, Salt{0x0706050403020100U, 0x0f0e0d0c0b0a0908U});
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    writer.u64(short_id.value);
    writer.u64(short_id.digest);
    CHECK(hex(bytes) == "7c3956ca5eeafc3e363e9d556546eb68");
}

TEST_CASE("another salt gives other short ids, and other tags") {
    Random random(1);
    const MessageId id = random_id(random);
    const Salt key{1, 2};
    CHECK(shorten(id, Salt::for_epoch(key, 1)).value != shorten(id, Salt::for_epoch(key, 2)).value);
    CHECK(Salt::for_epoch(key, 1).tag() != Salt::for_epoch(key, 2).tag());
    CHECK_FALSE(Salt::for_epoch(key, 1) == Salt::for_epoch(Salt{1, 3}, 1));
    CHECK(Salt::for_epoch(key, 1) == Salt::for_epoch(key, 1));
}

TEST_CASE("value and digest are independent, and no short id is 0") {
    Random random(2);
    int equal_bits = 0;
    for (int i = 0; i < 1'000; ++i) {
        const ShortId short_id = shorten(random_id(random), test_salt);
        CHECK(short_id.value != 0);
        equal_bits += std::popcount(~(short_id.value ^ short_id.digest));
    }
    CHECK(equal_bits > 31'000);
    CHECK(equal_bits < 33'000);
}
