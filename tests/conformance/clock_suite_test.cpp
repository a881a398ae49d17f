#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>

#include "conformance/clock_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;

/// The suite for clocks finds what is wrong with clocks that are wrong on purpose, and blames nothing else.
namespace {

/// A clock that is right, to be spoilt in one respect by each of those below.
struct Spoilable {
    [[nodiscard]] TimePoint now() const { return inner.now(); }
    [[nodiscard]] WallTime wall() const { return inner.wall(); }
    TimerId run_at(TimePoint time, Callback<void()> callback) { return inner.run_at(time, std::move(callback)); }
    void cancel(TimerId id) { inner.cancel(id); }
    void post(Callback<void()> callback) { inner.post(std::move(callback)); }
    [[nodiscard]] bool on_executor() const { return inner.on_executor(); }

    ManualClock inner;
};

template <typename SpoiltClock>
struct Fixture {
    std::optional<SpoiltClock> stored{std::in_place};

    SpoiltClock& clock() { return *stored; }
    void on_executor(Callback<void()> job) { job(); }
    bool run_until(Callback<bool()> condition, Duration within) {
        return clock().inner.run_until([&] { return condition(); }, within);
    }
    void destroy_clock() { stored.reset(); }
};

template <typename SpoiltClock>
std::vector<std::string> found() {
    return conformance::broken(conformance::clock_rules<Fixture<SpoiltClock>>());
}

struct RunsTimersEarly : Spoilable {
    TimerId run_at(TimePoint time, Callback<void()> callback) {
        return inner.run_at(time - std::chrono::milliseconds{1}, std::move(callback));
    }
};

struct RunsPastTimersWithin : Spoilable {
    TimerId run_at(TimePoint time, Callback<void()> callback) {
        if (time >= now()) {
            return inner.run_at(time, std::move(callback));
        }
        callback();
        return inner.run_at(time, [] {});
    }
};

struct CancelsNothing : Spoilable {
    void cancel(TimerId) {}
};

struct CancelsTheWrongOne : Spoilable {
    void cancel(TimerId id) { inner.cancel(id == 0 ? newest : id); }
    TimerId run_at(TimePoint time, Callback<void()> callback) {
        return newest = inner.run_at(time, std::move(callback));
    }
    TimerId newest{0};
};

struct IdsAreZero : Spoilable {
    TimerId run_at(TimePoint time, Callback<void()> callback) {
        inner.run_at(time, std::move(callback));
        return 0;
    }
};

struct TimeGoesBack : Spoilable {
    [[nodiscard]] TimePoint now() const { return inner.now() - std::chrono::seconds{++asked}; }
    mutable int asked{0};
};

struct PostsWithin : Spoilable {
    void post(Callback<void()> callback) {
        if (inner.on_executor()) {
            callback();
        } else {
            inner.post(std::move(callback));
        }
    }
};

struct ForgetsThreads : Spoilable {
    [[nodiscard]] bool on_executor() const { return true; }
};

struct KeepsCallbacks : Spoilable {
    TimerId run_at(TimePoint time, Callback<void()> callback) {
        kept.push_back(std::make_shared<Callback<void()>>(std::move(callback)));
        return inner.run_at(time, [again = kept.back()] { (*again)(); });
    }
    std::vector<std::shared_ptr<Callback<void()>>> kept;
};

struct RunsTheRestAtTheEnd : Spoilable {
    ~RunsTheRestAtTheEnd() {
        while (inner.run_next()) {
        }
    }
};

using Found = std::vector<std::string>;

TEST_CASE("The clock suite has nothing against a clock that is right", "[conformance]") {
    CHECK(found<Spoilable>() == Found{});
}

TEST_CASE("The clock suite finds what is wrong with a clock", "[conformance]") {
    CHECK(found<RunsTimersEarly>() == Found{"a timer runs once and not before its time"});
    CHECK(found<RunsPastTimersWithin>() == Found{"a timer of the past runs, but not within run_at"});
    CHECK(found<CancelsNothing>() ==
          Found{"a cancelled timer does not run and is destroyed", "a timer may cancel itself and others"});
    CHECK(found<CancelsTheWrongOne>() == Found{"cancelling unknown, past and 0 ids changes nothing"});
    CHECK(found<IdsAreZero>() == Found{"ids of timers are not 0 and differ",
                                       "a cancelled timer does not run and is destroyed",
                                       "a timer may cancel itself and others"});
    CHECK(found<TimeGoesBack>() == Found{"now never goes back", "a timer runs once and not before its time"});
    CHECK(found<PostsWithin>() == Found{"posted callbacks run after post has returned, in order"});
    CHECK(found<ForgetsThreads>() == Found{"on_executor is true within callbacks and false elsewhere"});
    CHECK(found<KeepsCallbacks>() ==
          Found{"a cancelled timer does not run and is destroyed", "a callback is destroyed after it ran"});
    CHECK(found<RunsTheRestAtTheEnd>() == Found{"a clock that is destroyed drops its callbacks uncalled"});
}

}  // namespace
