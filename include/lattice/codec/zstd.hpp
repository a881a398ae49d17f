#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>

#include <zstd.h>

#include <lattice/codec/compression.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/sha256.hpp>

namespace lattice::inline v0 {

/// Settings of zstd.
struct ZstdOptions {
    /// 1 costs about 3 us per kilobyte; each further one more, for a little less. Negative ones are faster still.
    int level{1};
    /// What payloads have in common, for payloads too small to show it themselves: some of them one behind the other, or what
    /// `zstd --train` makes of many. Peers compress only if theirs has the same content. Empty: none.
    Bytes dictionary{};
};

/// Compression by zstd, a frame of RFC 8878 per payload.
class ZstdCompression final : public Compression {
   public:
    /// Throws std::invalid_argument for a level that zstd has not, std::bad_alloc.
    explicit ZstdCompression(const ZstdOptions& options = {})
        : compressor_(ZSTD_createCCtx()), decompressor_(ZSTD_createDCtx()) {
        if (options.level < ZSTD_minCLevel() || options.level > ZSTD_maxCLevel()) {
            throw std::invalid_argument("ZstdOptions::level must be one that zstd has, -131072 to 22");
        }
        if (compressor_ == nullptr || decompressor_ == nullptr) {
            throw std::bad_alloc();
        }
        // The size and the dictionary are known to both sides; checksums are TCP's and the ids' business.
        set(ZSTD_c_compressionLevel, options.level);
        set(ZSTD_c_contentSizeFlag, 0);
        set(ZSTD_c_dictIDFlag, 0);
        if (!options.dictionary.empty()) {
            use(options.dictionary);
        }
    }

    [[nodiscard]] CompressionKind kind() const noexcept override { return kind_; }

    std::size_t compress(ByteView from, std::span<std::byte> to) noexcept override {
        const std::size_t size = ZSTD_compress2(compressor_.get(), to.data(), to.size(), from.data(), from.size());
        return ZSTD_isError(size) != 0 ? 0 : size;
    }

    [[nodiscard]] bool decompress(ByteView from, std::span<std::byte> to) noexcept override {
        // In one call, zstd writes to `to` alone: no window is allocated, however large the frame says that it must be.
        return ZSTD_decompressDCtx(decompressor_.get(), to.data(), to.size(), from.data(), from.size()) == to.size();
    }

   private:
    struct Free {
        void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
        void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
    };

    void set(ZSTD_cParameter parameter, int value) {
        if (ZSTD_isError(ZSTD_CCtx_setParameter(compressor_.get(), parameter, value)) != 0) {
            throw std::invalid_argument("zstd does not take these settings");
        }
    }

    void use(const Bytes& dictionary) {
        Sha256 hash;
        hash.update(dictionary.view());
        for (std::size_t i = 0; const std::byte byte : hash.finish().bytes) {
            kind_.dictionary |= i < sizeof kind_.dictionary ? std::to_integer<std::uint32_t>(byte) << (8 * i) : 0U;
            ++i;
        }
        kind_.dictionary += kind_.dictionary == 0 ? 1U : 0U;  // 0 says that there is none
        const auto refused = [](std::size_t result) { return ZSTD_isError(result) != 0; };
        if (refused(ZSTD_CCtx_loadDictionary(compressor_.get(), dictionary.data(), dictionary.size())) ||
            refused(ZSTD_DCtx_loadDictionary(decompressor_.get(), dictionary.data(), dictionary.size()))) {
            throw std::invalid_argument("ZstdOptions::dictionary is damaged");
        }
    }

    CompressionKind kind_{1, 0};
    std::unique_ptr<ZSTD_CCtx, Free> compressor_;
    std::unique_ptr<ZSTD_DCtx, Free> decompressor_;
};

/// Compression for a transport: `options.compression = lattice::zstd()`. Throws as ZstdCompression does.
inline std::shared_ptr<Compression> zstd(const ZstdOptions& options = {}) {
    return std::make_shared<ZstdCompression>(options);
}

}  // namespace lattice::inline v0
