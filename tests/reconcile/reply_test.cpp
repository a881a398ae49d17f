#include <lattice/reconcile/reply.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

std::vector<std::byte> encoded(const Reply& reply, std::uint64_t from) {
    std::vector<std::byte> bytes;
    encode(reply, from, bytes);
    return bytes;
}

struct Golden {
    Reply reply;
    const char* bytes;
};

constexpr std::uint64_t from = 0x10;

SketchShape two_parts() {
    SketchShape shape;
    shape.log2_buckets = 1;
    shape.lengths[0] = 2;
    shape.lengths[1] = 1;
    return shape;
}

SymbolPrefix two_symbols() {
    SymbolPrefix prefix;
    prefix.sums = {0x11, 0x2200};
    prefix.checks.toggle(0, 0xaa);
    prefix.checks.toggle(1, 0xbb);
    return prefix;
}

std::vector<Golden> all_kinds() {
    std::vector<Golden> kinds;
    kinds.push_back({EqualReply{}, "10"});
    kinds.push_back({SaltReply{0xbeef}, "11efbe"});
    kinds.push_back({WindowReply{}, "12"});
    kinds.push_back({BusyReply{}, "13"});
    kinds.push_back({EstimateReply{300, {2, 3}, from_hex("a55a")}, "14ac0232a55a"});
    kinds.push_back({AdviceReply{Strategy::bloom}, "1503"});
    kinds.push_back({SketchReply{0x01020304, two_parts(), {1, 2, 3}},
                     "16040302010102010100000000000000"
                     "0200000000000000"
                     "0300000000000000"});
    kinds.push_back({SymbolsReply{0x01020304, two_symbols()},
                     "1704030201021100000000000000"
                     "0022000000000000"
                     "aabb"});
    kinds.push_back({IdsReply{0x40, {0x12, 0x13, 0x3f}}, "184000000000000000030304df00"});
    BloomFilter filter(BloomShape{1, 7}, Salt{5, 0});
    filter.insert(std::uint64_t{42});
    kinds.push_back({BloomReply{{0, {0x12}}, filter}, "190000000000000000010101010705000000000000000020841000801004"});
    return kinds;
}

}  // namespace

TEST_CASE("replies have the bytes that their table says, and survive the wire") {
    for (const Golden& golden : all_kinds()) {
        LATTICE_SHOW(golden.bytes);
        CHECK(hex(encoded(golden.reply, from)) == golden.bytes);
        const auto decoded = decode_reply(from_hex(golden.bytes), from);
        REQUIRE(decoded.has_value());
        CHECK(decoded->index() == golden.reply.index());
        CHECK(hex(encoded(*decoded, from)) == golden.bytes);
    }
}

TEST_CASE("a reply cut short is refused; what follows it is skipped") {
    for (const Golden& golden : all_kinds()) {
        auto bytes = encoded(golden.reply, from);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CHECK_FALSE(decode_reply(ByteView(bytes).first(size), from).has_value());
        }
        bytes.push_back(std::byte{1});
        CHECK(decode_reply(bytes, from).has_value());
    }
}

TEST_CASE("replies that break a rule are refused") {
    const char* refused = GENERATE("20", "1a", "1f",        // another version; no such kind
                                   "14ac0200", "14ac02ff",  // an estimate without, or with an impossible, estimator
                                   "1505",                  // no such strategy
                                   "160403020105",          // 32 parts
                                   "160403020100290000",    // 41 sums in a part
                                   "16040302010101ff",      // parts that grow
                                   "1704030201ffffff7f",    // more symbols than there are bytes
                                   "170403020180808002",    // more symbols than exist
                                   "18100000000000000000",  // a page that ends where it starts
                                   "18120000000000000001"
                                   "00"
                                   "07");  // an id beyond the page
    LATTICE_SHOW(refused);
    CHECK_FALSE(decode_reply(from_hex(refused), from).has_value());
}
