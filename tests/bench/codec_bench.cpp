/// What the codecs cost, beside what they are compared with in the same run: memcpy of as many bytes, CBOR and JSON of
/// nlohmann/json. The argument is the payload's size in bytes.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <lattice/codec/binary.hpp>
#include <lattice/codec/json.hpp>

namespace {

using namespace lattice;
using nlohmann::json;

std::size_t payload_size(const benchmark::State& state) { return static_cast<std::size_t>(state.range(0)); }

/// The text of a JSON object of about `size` bytes: records as applications send them.
std::string json_payload(std::size_t size) {
    json object{{"proof_id", "proof_12345"}, {"transfers", json::array()}};
    for (int i = 0; object.dump().size() + 45 < size; ++i) {
        object["transfers"].push_back({{"from", "alice"}, {"to", "bob"}, {"amount", 100.5 * i}});
    }
    return object.dump();
}

Message message_of_payload(const std::string& payload) {
    MessageFields fields;
    fields.type = "proof";
    fields.origin = "node-0001";
    fields.payload = as_bytes(payload);
    fields.timestamp = WallTime(std::chrono::microseconds(1'700'000'000'123'456));
    return Message::compose(fields);
}

Frame push_of(std::size_t size) { return Push{message_of_payload(std::string(size, 'x')), {10, 0}}; }

void count_bytes(benchmark::State& state, std::size_t per_iteration) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(per_iteration));
}

void memcpy_of_frame(benchmark::State& state) {
    const Bytes from = encode(push_of(payload_size(state)));
    std::vector<std::byte> to(from.size());
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), from.size());
        benchmark::ClobberMemory();
    }
    count_bytes(state, from.size());
}

void allocate_and_memcpy(benchmark::State& state) {
    const Bytes from = encode(push_of(payload_size(state)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(Bytes(from.view()));
    }
    count_bytes(state, from.size());
}

void binary_encode(benchmark::State& state) {
    const Frame frame = push_of(payload_size(state));
    for (auto _ : state) {
        benchmark::DoNotOptimize(encode(frame));
    }
    count_bytes(state, encoded_size(frame));
}

void binary_encode_shared(benchmark::State& state) {
    const Frame frame = push_of(payload_size(state));
    for (auto _ : state) {
        benchmark::DoNotOptimize(encode_shared(frame));
    }
    count_bytes(state, encoded_size(frame));
}

void binary_decode(benchmark::State& state) {
    const Bytes bytes = encode(push_of(payload_size(state)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(decode(bytes.view()));
    }
    count_bytes(state, bytes.size());
}

void binary_view(benchmark::State& state) {
    const Bytes bytes = encode(push_of(payload_size(state)));
    for (auto _ : state) {
        MessageView view;
        benchmark::DoNotOptimize(read_message(slice_frame(bytes.view(), {}).fields, {}, view));
        benchmark::DoNotOptimize(view);
    }
    count_bytes(state, bytes.size());
}

/// Per frame, out of a stream of frames that the network cut into 64 KiB.
void binary_stream(benchmark::State& state) {
    const Bytes frame = encode(push_of(payload_size(state)));
    std::vector<std::byte> wire;
    for (int i = 0; i < 1'000; ++i) {
        wire.insert(wire.end(), frame.view().begin(), frame.view().end());
    }
    StreamDecoder stream;
    std::size_t at = 0;
    for (auto _ : state) {
        Decoded decoded = stream.next();
        while (decoded.status == DecodeStatus::incomplete) {
            const auto room = stream.prepare();
            const std::size_t size = room.size() < wire.size() - at ? room.size() : wire.size() - at;
            std::memcpy(room.data(), wire.data() + at, size);
            stream.commit(size);
            at = at + size == wire.size() ? 0 : at + size;
            decoded = stream.next();
        }
        benchmark::DoNotOptimize(decoded);
    }
    count_bytes(state, frame.size());
}

json cbor_document(std::size_t size) {
    const Message message = message_of_payload(std::string(size, 'x'));
    const auto octets = [](ByteView bytes) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
        return json::binary(std::vector<std::uint8_t>(first, first + bytes.size()));
    };
    return {{"id", octets(message.id().bytes)},
            {"type", message.type()},
            {"origin", message.origin()},
            {"timestamp", message.timestamp().time_since_epoch().count()},
            {"ttl", 10},
            {"hops", 0},
            {"payload", octets(message.payload())}};
}

void cbor_encode(benchmark::State& state) {
    const json document = cbor_document(payload_size(state));
    for (auto _ : state) {
        benchmark::DoNotOptimize(json::to_cbor(document));
    }
}

void cbor_decode(benchmark::State& state) {
    const auto bytes = json::to_cbor(cbor_document(payload_size(state)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(json::from_cbor(bytes));
    }
}

/// A message of the given size in all, whose payload is JSON.
std::string json_message(const benchmark::State& state) {
    constexpr std::size_t other_fields = 230;
    return encode_json(message_of_payload(json_payload(payload_size(state) - other_fields)), {10, 1}, "node-0002");
}

void json_decode(benchmark::State& state) {
    const std::string text = json_message(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(decode_json(text));
    }
    count_bytes(state, text.size());
}

void json_decode_printed_anew(benchmark::State& state) {
    const std::string text = json::parse(json_message(state)).dump(1, ' ', true);
    for (auto _ : state) {
        benchmark::DoNotOptimize(decode_json(text));
    }
    count_bytes(state, text.size());
}

void json_encode(benchmark::State& state) {
    const Message message = decode_json(json_message(state)).message;
    for (auto _ : state) {
        benchmark::DoNotOptimize(encode_json(message, {10, 1}, "node-0002"));
    }
}

void nlohmann_parse(benchmark::State& state) {
    const std::string text = json_message(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(json::parse(text));
    }
    count_bytes(state, text.size());
}

void nlohmann_accept(benchmark::State& state) {
    const std::string text = json_message(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(json::accept(text));
    }
    count_bytes(state, text.size());
}

BENCHMARK(memcpy_of_frame)->Arg(256)->Arg(1024);
BENCHMARK(allocate_and_memcpy)->Arg(256)->Arg(1024);
BENCHMARK(binary_encode)->Arg(256)->Arg(1024);
BENCHMARK(binary_encode_shared)->Arg(256)->Arg(1024);
BENCHMARK(binary_decode)->Arg(256)->Arg(1024);
BENCHMARK(binary_view)->Arg(256)->Arg(1024);
BENCHMARK(binary_stream)->Arg(256)->Arg(1024);
BENCHMARK(cbor_encode)->Arg(256)->Arg(1024);
BENCHMARK(cbor_decode)->Arg(256)->Arg(1024);
BENCHMARK(json_decode)->Arg(1024)->Arg(16384);
BENCHMARK(json_decode_printed_anew)->Arg(1024)->Arg(16384);
BENCHMARK(json_encode)->Arg(1024)->Arg(16384);
BENCHMARK(nlohmann_accept)->Arg(1024)->Arg(16384);
BENCHMARK(nlohmann_parse)->Arg(1024)->Arg(16384);

}  // namespace

BENCHMARK_MAIN();
