#include <lattice/reconcile/request.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

std::vector<std::byte> encoded(const Request& request) {
    std::vector<std::byte> bytes;
    encode(request, bytes);
    return bytes;
}

Request plain_request() {
    Request request;
    request.salt_tag = 0xbeef;
    request.size = 300;
    request.digest = 0x1122334455667788U;
    return request;
}

/// One request of each kind, with its bytes.
struct Golden {
    Request request;
    const char* bytes;
};

Golden automatic() {
    Request request = plain_request();
    request.estimator_shape = EstimatorShape{2, 3};
    request.estimator = from_hex("a55a");
    return {request, "10efbeac02887766554433221132a55a"};
}

Golden with_options() {
    Request request = automatic().request;
    request.salt = Salt{1, 2};
    request.window = 1'000;
    return {request, "1803efbe01000000000000000200000000000000e807ac02887766554433221132a55a"};
}

Golden sketch() {
    Request request = plain_request();
    request.strategy = Strategy::sketch;
    request.asked = 17;
    return {request, "11efbeac0288776655443322111100"};
}

Golden symbols() {
    Request request = plain_request();
    request.strategy = Strategy::symbols;
    request.asked = 1'500;
    return {request, "12efbeac028877665544332211dc0b00"};
}

Golden bloom() {
    Request request = plain_request();
    request.strategy = Strategy::bloom;
    request.filter.emplace(BloomShape{1, 7}, Salt{5, 0});
    request.filter->insert(std::uint64_t{42});
    request.from = 9;
    return {request,
            "13efbeac0288776655443322110107"
            "0500000000000000"
            "0020841000801004"
            "0900000000000000"};
}

Golden ids() {
    Request request = plain_request();
    request.strategy = Strategy::ids;
    request.asked = 300;
    request.from = 0x10;
    return {request, "14efbeac028877665544332211ac021000000000000000"};
}

}  // namespace

TEST_CASE("requests have the bytes that their table says, and survive the wire") {
    const Golden golden = GENERATE(automatic(), with_options(), sketch(), symbols(), bloom(), ids());
    CHECK(hex(encoded(golden.request)) == golden.bytes);
    const auto decoded = decode_request(from_hex(golden.bytes));
    REQUIRE(decoded.has_value());
    CHECK(hex(encoded(*decoded)) == golden.bytes);
    CHECK(decoded->strategy == golden.request.strategy);
    CHECK(decoded->salt == golden.request.salt);
    CHECK(decoded->window == golden.request.window);
    CHECK(decoded->asked == golden.request.asked);
    CHECK(decoded->estimator_shape == golden.request.estimator_shape);
    CHECK(decoded->from == golden.request.from);
}

TEST_CASE("fields that a later version adds behind the known ones are skipped") {
    const auto golden = GENERATE(automatic(), with_options(), sketch(), symbols(), bloom(), ids());
    auto bytes = encoded(golden.request);
    bytes.push_back(std::byte{0x77});
    const auto decoded = decode_request(bytes);
    REQUIRE(decoded.has_value());
    CHECK(hex(encoded(*decoded)) == hex(encoded(golden.request)));
}

TEST_CASE("a request cut short is refused") {
    const auto golden = GENERATE(automatic(), with_options(), sketch(), symbols(), bloom(), ids());
    const auto bytes = encoded(golden.request);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(decode_request(ByteView(bytes).first(size)).has_value());
    }
}

TEST_CASE("requests that break a rule are refused") {
    const char* refused = GENERATE("20efbeac02887766554433221132a55a",  // another version
                                   "15efbeac02887766554433221132a55a",  // no such strategy
                                   "10efbeac82008877665544332211"
                                   "32a55a",                        // a size in too many bytes
                                   "10efbeac0288776655443322110f",  // an estimator without bits per level
                                   "10efbeac028877665544332211"
                                   "9f",  // too many bits per level
                                   "13efbeac0288776655443322110007"
                                   "0500000000000000"
                                   "0000000000000000",  // a filter without words
                                   "13efbeac0288776655443322110100"
                                   "0500000000000000"
                                   "0000000000000000"
                                   "0000000000000000",  // without hashes
                                   "13efbeac028877665544332211ffffff7f07"
                                   "0500000000000000");  // of more words than there are
    LATTICE_SHOW(refused);
    CHECK_FALSE(decode_request(from_hex(refused)).has_value());
}
