/// Sums from anywhere, given to the decoders of sketches: they end, and whatever they claim to have found has these
/// very sums.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <lattice/reconcile/pin_sketch.hpp>
#include <lattice/reconcile/rateless_decoder.hpp>
#include <lattice/reconcile/split_sketch.hpp>

namespace {

using namespace lattice::reconcile;

void expect(bool holds) {
    if (!holds) std::abort();
}

std::vector<std::uint64_t> numbers(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint64_t> values(size / 8);
    if (!values.empty()) std::memcpy(values.data(), data, values.size() * 8);
    return values;
}

void check_power_sums(const std::vector<std::uint64_t>& sums) {
    if (const auto ids = decode_power_sums(sums)) {
        expect(ids->size() <= sums.size());
        std::vector<std::uint64_t> again(sums.size());
        for (const std::uint64_t id : *ids) gf64::add_odd_powers(again.data(), again.size(), id);
        expect(again == sums);
    }
}

void check_split(const std::vector<std::uint64_t>& values, std::size_t differences) {
    const auto shape = SketchShape::for_differences(differences, PowerSums::log2_buckets_max);
    if (!shape || values.empty()) return;
    PowerSums own(shape->log2_buckets);
    std::size_t next = 0;
    SplitSketch sketch(own, *shape, [&] { return values[next++ % values.size()]; });
    if (const auto ids = sketch.decode()) expect(ids->size() <= shape->size());
}

void check_symbols(std::vector<std::uint64_t> values, const std::vector<std::uint64_t>& ids) {
    SymbolPrefix prefix;
    prefix.sums = std::move(values);
    for (const std::uint64_t id : ids) prefix.toggle_from_block(0, id);
    const SymbolPrefix given = prefix;
    if (const auto found = RatelessDecoder(std::move(prefix)).decode()) {
        SymbolPrefix again;
        again.sums.resize(given.sums.size());
        for (const std::uint64_t id : *found) again.toggle_from_block(0, id);
        expect(again.sums == given.sums);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    auto values = numbers(data + 2, size - 2);
    if (values.size() > 40) values.resize(40);
    const bool of_ids = data[0] % 2 == 0;  // sums of ids rather than noise, so that decoding succeeds now and then
    if (of_ids) {
        std::vector<std::uint64_t> sums(data[1] % 40);
        for (const std::uint64_t id : values) gf64::add_odd_powers(sums.data(), sums.size(), id);
        check_power_sums(sums);
        check_symbols(std::vector<std::uint64_t>(data[1]), values);
    } else {
        check_power_sums(values);
        check_split(values, data[1]);
        check_symbols(values, {});
    }
    return 0;
}
