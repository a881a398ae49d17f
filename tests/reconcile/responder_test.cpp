#include <lattice/reconcile/responder.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

std::size_t size_of(const Reply& reply, std::uint64_t from = 0) {
    std::vector<std::byte> bytes;
    encode(reply, from, bytes);
    return bytes.size();
}

Request request_of(const SetSummary& summary, Strategy strategy) {
    Request request;
    request.strategy = strategy;
    request.salt_tag = summary.salt_tag();
    request.size = summary.size();
    request.digest = summary.digest();
    return request;
}

}  // namespace

TEST_CASE("no request, however large its wish, makes a reply beyond the limit") {
    Random random(1);
    const TwoNodes nodes(random, 3'000, 700, 800);
    const ResponderLimits limits{GENERATE(std::size_t{2'000}, std::size_t{5'000}, std::size_t{50'000})};
    const Responder responder(nodes.there, limits);
    for (const Strategy strategy : {Strategy::sketch, Strategy::symbols}) {
        for (const std::uint64_t asked :
             {std::uint64_t{0}, std::uint64_t{100}, std::uint64_t{4'000}, ~std::uint64_t{0}}) {
            Request request = request_of(nodes.here, strategy);
            request.asked = asked;
            const std::size_t sketch_max = 3'200;
            CHECK(size_of(responder.answer(request)) <= std::max(limits.reply_bytes_max, sketch_max));
        }
    }
    CHECK(size_of(responder.answer(request_of(nodes.here, Strategy::ids))) <= limits.reply_bytes_max);
    Request request = request_of(nodes.here, Strategy::bloom);
    request.filter.emplace(BloomShape{1, 1}, Salt{});
    CHECK(size_of(responder.answer(request)) <= 2 * limits.reply_bytes_max);
}

TEST_CASE("the strategy follows size and difference") {
    Random random(2);
    const TwoNodes nodes(random, 20'000, 0, 0);
    SetSummary other = nodes.here;
    const auto kind_after = [&](int more, std::size_t expected) {
        for (int i = 0; i < more; ++i) {
            other.add(random_id(random), 0);
        }
        InitiatorOptions options;
        options.expected_difference = expected;
        Initiator initiator(options);
        return Responder(other).answer(*decode_request(initiator.request(nodes.here))).index();
    };
    CHECK(kind_after(0, 0) == Reply(EqualReply{}).index());
    CHECK(kind_after(10, 10) == Reply(SketchReply{}).index());
    CHECK(kind_after(200, 200) == Reply(SketchReply{}).index());
    CHECK(kind_after(1'000, 1'000) == Reply(SymbolsReply{}).index());
    CHECK(kind_after(5'000, 1) == Reply(EstimateReply{}).index());

    const SetSummary empty(test_salt);
    Initiator joiner;
    CHECK(Responder(other).answer(*decode_request(joiner.request(empty))).index() == Reply(IdsReply{}).index());
}

TEST_CASE("a request without an estimator gets the responder's") {
    Random random(3);
    const TwoNodes nodes(random, 100, 3, 3);
    for (const Strategy strategy : {Strategy::automatic, Strategy::symbols}) {
        const Reply reply = Responder(nodes.there).answer(request_of(nodes.here, strategy));
        REQUIRE(std::holds_alternative<EstimateReply>(reply));
        CHECK(std::get<EstimateReply>(reply).bits.size() == std::get<EstimateReply>(reply).shape.bytes());
    }
}

TEST_CASE("a listing that goes on is never cut short by equal digests") {
    Random random(4);
    const TwoNodes nodes(random, 100, 0, 0);
    Request request = request_of(nodes.here, Strategy::ids);
    CHECK(std::holds_alternative<EqualReply>(Responder(nodes.there).answer(request)));
    request.from = 1;
    CHECK(std::get<IdsReply>(Responder(nodes.there).answer(request)).ids.size() == 100);
}
