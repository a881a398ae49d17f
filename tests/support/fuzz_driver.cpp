/// A driver for fuzz targets that needs no libFuzzer: it feeds a fixed number of reproducible inputs.
///
///     lattice-fuzz-NAME [--runs N] [--seed N] [--only RUN] [FILE or FOLDER]...
///
/// The files are starting inputs: each is fed as it is, then mutated. An input depends only on the seed, the run's
/// number and the files, so `--only RUN` repeats a failure without the runs before it. When a run dies, its number
/// goes to standard error.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signal.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Present only when a sanitizer is linked; runs its argument before the program dies of a finding.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Input = std::vector<std::uint8_t>;

/// SplitMix64 (Steele, Lea, Flood 2014): enough to spread inputs, and the same on every machine.
class Random {
   public:
    explicit Random(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
    std::uint8_t byte() { return static_cast<std::uint8_t>(next()); }

   private:
    std::uint64_t state_;
};

/// Lengths spread evenly over powers of two, so that short inputs are as common as long ones.
Input random_input(Random& random) {
    Input input(random.below(std::size_t{1} << random.below(13)));
    for (auto& byte : input) byte = random.byte();
    return input;
}

/// Values at which lengths, counts and signs go wrong.
std::uint64_t interesting_number(Random& random) {
    constexpr std::uint64_t numbers[] = {0,      1,          0x7f,       0x80,          0xff,       0x7fff, 0x8000,
                                         0xffff, 0x7fffffff, 0x80000000, 0xffffffffULL, 1ULL << 63, ~0ULL};
    return numbers[random.below(std::size(numbers))] + random.below(3) - 1;
}

void overwrite_number(Input& input, Random& random) {
    const auto width = std::size_t{1} << random.below(4);
    if (input.size() < width) return;
    const auto at = random.below(input.size() - width + 1);
    const auto number = interesting_number(random);
    const bool big_endian = random.below(2) == 0;
    for (std::size_t i = 0; i < width; ++i) {
        const auto shift = 8 * (big_endian ? width - 1 - i : i);
        input[at + i] = static_cast<std::uint8_t>(number >> shift);
    }
}

void erase_range(Input& input, Random& random) {
    const auto from = random.below(input.size());
    const auto count = 1 + random.below(std::min<std::size_t>(input.size() - from, 16));
    const auto first = input.begin() + static_cast<std::ptrdiff_t>(from);
    input.erase(first, first + static_cast<std::ptrdiff_t>(count));
}

/// Copies a range of `source` into the input: a repeated field, or one of another message.
void insert_range(Input& input, const Input& source, Random& random) {
    if (source.empty()) return;
    const auto from = random.below(source.size());
    const auto count = 1 + random.below(std::min<std::size_t>(source.size() - from, 64));
    const Input part(source.begin() + static_cast<std::ptrdiff_t>(from),
                     source.begin() + static_cast<std::ptrdiff_t>(from + count));
    const auto at = static_cast<std::ptrdiff_t>(random.below(input.size() + 1));
    input.insert(input.begin() + at, part.begin(), part.end());
}

void mutate(Input& input, const std::vector<Input>& corpus, Random& random) {
    if (input.empty()) {
        input.push_back(random.byte());
        return;
    }
    switch (random.below(7)) {
        case 0:
            input[random.below(input.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
            break;
        case 1:
            input[random.below(input.size())] = random.byte();
            break;
        case 2:
            overwrite_number(input, random);
            break;
        case 3:
            erase_range(input, random);
            break;
        case 4:
            input.resize(random.below(input.size()));
            break;
        case 5:
            insert_range(input, Input(input), random);
            break;
        default:
            insert_range(input, corpus[random.below(corpus.size())], random);
            break;
    }
}

/// The first runs are the corpus as it is; of the rest three in four are mutations of it.
Input input_of_run(std::uint64_t seed, std::size_t run, const std::vector<Input>& corpus) {
    if (run < corpus.size()) return corpus[run];
    Random random{seed * 0x2545f4914f6cdd1dU + run};
    if (corpus.empty() || random.below(4) == 0) return random_input(random);
    Input input = corpus[random.below(corpus.size())];
    for (auto changes = 1 + random.below(6); changes > 0; --changes) mutate(input, corpus, random);
    return input;
}

std::size_t current_run = 0;

void report_run() { std::fprintf(stderr, "fuzz: run %zu failed; --only %zu repeats it\n", current_run, current_run); }

void on_fatal_signal(int number) {
    report_run();
    signal(number, SIG_DFL);
    raise(number);
}

/// The target sees an allocation of exactly the input's size, so that a sanitizer sees a read past its end.
void run_once(const Input& input) {
    const auto exact = std::make_unique<std::uint8_t[]>(input.size());
    if (!input.empty()) std::memcpy(exact.get(), input.data(), input.size());
    LLVMFuzzerTestOneInput(exact.get(), input.size());
}

void load(const std::filesystem::path& path, std::vector<Input>& corpus) {
    if (std::filesystem::is_directory(path)) {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const auto& file : files) load(file, corpus);
        return;
    }
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

struct Options {
    std::size_t runs = 20'000;
    std::uint64_t seed = 1;
    std::optional<std::size_t> only;
    std::vector<Input> corpus;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool has_value = i + 1 < argc;
        if (argument == "--runs" && has_value) {
            options.runs = std::stoull(argv[++i]);
        } else if (argument == "--seed" && has_value) {
            options.seed = std::stoull(argv[++i]);
        } else if (argument == "--only" && has_value) {
            options.only = std::stoull(argv[++i]);
        } else {
            load(argument, options.corpus);
        }
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, on_fatal_signal);
    if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(report_run);

    const auto first = options.only.value_or(0);
    const auto end = options.only ? first + 1 : options.runs;
    for (current_run = first; current_run < end; ++current_run) {
        run_once(input_of_run(options.seed, current_run, options.corpus));
    }
    std::printf("fuzz: %zu runs, seed %llu, %zu starting inputs\n", end - first,
                static_cast<unsigned long long>(options.seed), options.corpus.size());
    return EXIT_SUCCESS;
}
