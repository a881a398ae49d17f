// Overlay trees against the published figures: the parts (Neighbours, OriginTrees, Sightings) in the models of their sources.

#include <chrono>
#include <cmath>
#include <cstdio>

#include "simulation/overlay_model.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::test;
using namespace std::chrono_literals;

namespace {

/// Neighbourhoods settle, then `warm_up` messages of 5 sources, one per second, then 60 that count.
OverlayFigures gossipsub_model(const OverlaySetting& setting, int warm_up) {
    OverlayModel model(setting);
    model.run_for(5s);
    for (int message = 0; message < warm_up + 60; ++message) {
        if (message == warm_up) {
            model.mark();
        }
        model.publish(static_cast<std::uint32_t>(message % 5));
        model.run_for(1s);
    }
    model.run_for(10s);
    return model.figures();
}

OverlayFigures first_message(const OverlaySetting& setting) {
    OverlayModel model(setting);
    model.run_for(5s);
    model.publish(0);
    model.run_for(10s);
    return model.figures();
}

void print(const char* what, const OverlaySetting& setting, const OverlayFigures& figures) {
    const double bound = 1 / (1 - setting.loss);
    std::printf(
        "%-22s %5zu nodes, loss %.2f: P/D %.3f (bound %.3f), p50 %.0f, p99 %.0f, max %.0f ms, hops %.1f, ids %.2f, "
        "other control %.2f per delivery, %llu deliveries\n",
        what, setting.nodes, setting.loss, figures.per_delivery(figures.payloads), bound, figures.time(0.5),
        figures.time(0.99), figures.time(1), figures.hops_sum / static_cast<double>(figures.messages),
        figures.per_delivery(figures.announces), figures.per_delivery(figures.control),
        static_cast<unsigned long long>(figures.deliveries));
}

}  // namespace

TEST_CASE("The model of GossipSub's author: once per node, at the latency of shortest paths", "[simulation][overlay]") {
    // vyzo, gerbil-simsub: 6.29 payloads per delivery at 1,000 nodes, most deliveries within 200 to 300 ms.
    for (const std::size_t nodes : {250U, 500U, 1'000U}) {
        LATTICE_SHOW(nodes);
        OverlaySetting setting;
        setting.nodes = nodes;
        const OverlayFigures cold = first_message(setting);
        print("first message", setting, cold);
        CHECK(cold.deliveries == nodes - 1);
        CHECK(cold.per_delivery(cold.payloads) <= 1.05);
        CHECK(cold.time(1) <= 320);
        const OverlayFigures warm = gossipsub_model(setting, 20);
        print("GossipSub model", setting, warm);
        CHECK(warm.deliveries == 60 * (nodes - 1));
        CHECK(warm.per_delivery(warm.payloads) <= 1.01);
        CHECK(warm.time(0.5) <= 90);
        CHECK(warm.time(0.99) <= 130);
        CHECK(warm.time(1) <= 150);
    }
}

TEST_CASE("The same with jitter, and with loss repaired by acknowledgement and resend", "[simulation][overlay]") {
    OverlaySetting setting;
    setting.nodes = 500;
    setting.jitter = 0.2;
    const OverlayFigures jittery = gossipsub_model(setting, 20);
    print("20 % jitter", setting, jittery);
    CHECK(jittery.per_delivery(jittery.payloads) <= 1.02);
    CHECK(jittery.time(0.99) <= 150);
    setting.jitter = 0;
    for (const double loss : {0.1, 0.3}) {
        LATTICE_SHOW(loss);
        setting.loss = loss;
        setting.acknowledgements = loss < 0.2 ? 2 : 3;
        const OverlayFigures lossy = gossipsub_model(setting, 20);
        print("with loss", setting, lossy);
        CHECK(lossy.deliveries == 60 * (setting.nodes - 1));
        const double acknowledged = 1 + std::pow(loss, static_cast<double>(setting.acknowledgements));
        CHECK(lossy.per_delivery(lossy.payloads) <= 1.06 * acknowledged / (1 - loss));
    }
}

TEST_CASE("Plumtree's figures: relative redundancy and last delivery hop, one sender and many",
          "[simulation][overlay]") {
    // Leitao, Pereira, Rodrigues, Epidemic broadcast trees (2007): RMR near 0 for one sender; many senders on one shared tree
    // pay about twice the hops. A tree per origin, made by its first message, does not.
    OverlaySetting setting;
    setting.nodes = 10'000;
    OverlayModel model(setting);
    model.run_for(5s);
    model.publish(0);
    model.run_for(2s);
    model.mark();
    for (int message = 0; message < 2; ++message) {
        model.publish(0);
        model.run_for(1s);
    }
    const OverlayFigures one = model.figures();
    print("one sender", setting, one);
    model.mark();
    for (std::uint32_t sender = 1; sender <= 4; ++sender) {
        model.publish(sender);
        model.run_for(1s);
    }
    const OverlayFigures many = model.figures();
    print("many senders, once", setting, many);
    CHECK(one.per_delivery(one.payloads) <= 1.01);
    CHECK(one.deliveries == 2 * (setting.nodes - 1));
    CHECK(many.per_delivery(many.payloads) <= 1.01);
    CHECK(many.deliveries == 4 * (setting.nodes - 1));
    CHECK(many.hops_sum / 4 <= one.hops_sum / 2 + 1.5);
    CHECK(one.hops_sum / 2 >= std::log(10'000.0) / std::log(setting.bounds.most));
}

TEST_CASE("Crashed nodes cost latency until they are noticed, then nothing", "[simulation][overlay]") {
    OverlaySetting setting;
    setting.nodes = 500;
    OverlayModel model(setting);
    model.run_for(5s);
    for (int message = 0; message < 10; ++message) {
        model.publish(static_cast<std::uint32_t>(message % 5));
        model.run_for(1s);
    }
    std::uint32_t crashed = 0;
    for (std::uint32_t node = 5; node < setting.nodes && crashed < 150; node += 3) {
        model.crash(node, 2s);
        ++crashed;
    }
    const std::size_t others = setting.nodes - crashed - 1;
    model.mark();
    model.publish(0);
    model.run_for(10s);
    const OverlayFigures unnoticed = model.figures();
    print("30 % crashed, unnoticed", setting, unnoticed);
    CHECK(unnoticed.deliveries == others);
    model.mark();
    for (int message = 0; message < 40; ++message) {
        model.publish(static_cast<std::uint32_t>(message % 5));
        model.run_for(1s);
    }
    model.run_for(10s);
    CHECK(model.figures().deliveries == 40 * others);
    model.mark();
    for (int message = 0; message < 10; ++message) {
        model.publish(static_cast<std::uint32_t>(message % 5));
        model.run_for(1s);
    }
    const OverlayFigures healed = model.figures();
    print("healed", setting, healed);
    CHECK(healed.deliveries == 10 * others);
    CHECK(healed.per_delivery(healed.payloads) <= 1.02);
    CHECK(healed.time(0.99) <= 150);
}
