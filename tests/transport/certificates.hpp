/// Certificates made on the spot, good and bad, for tests of TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace lattice::test {

template <typename T, void (*release)(T*)>
struct Releases {
    void operator()(T* owned) const noexcept { release(owned); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, Releases<EVP_PKEY, EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, Releases<X509, X509_free>>;

struct CertificateWish {
    std::string common_name;
    std::string dns_name{};   ///< Alternative name; none when empty.
    long valid_from{-3'600};  ///< Seconds from now.
    long valid_until{3'600};
    bool authority{false};  ///< May sign others.
};

/// A key and a certificate for it.
class Identity {
   public:
    /// Signed by itself.
    explicit Identity(const CertificateWish& wish) : Identity(wish, nullptr) {}
    /// Signed by an authority.
    Identity(const CertificateWish& wish, const Identity& authority) : Identity(wish, &authority) {}

    [[nodiscard]] std::string certificate() const {
        return text([&](BIO* out) { return PEM_write_bio_X509(out, certificate_.get()); });
    }
    [[nodiscard]] std::string key() const {
        return text(
            [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    }

   private:
    Identity(const CertificateWish& wish, const Identity* authority)
        : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
        X509* const made = certificate_.get();
        static std::int64_t serial = 1;
        X509_set_version(made, 2);
        ASN1_INTEGER_set_int64(X509_get_serialNumber(made), serial++);
        X509_gmtime_adj(X509_getm_notBefore(made), wish.valid_from);
        X509_gmtime_adj(X509_getm_notAfter(made), wish.valid_until);
        X509_set_pubkey(made, key_.get());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
        X509_set_issuer_name(made, X509_get_subject_name(authority ? authority->certificate_.get() : made));
        extend(NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
        if (!wish.dns_name.empty()) {
            extend(NID_subject_alt_name, "DNS:" + wish.dns_name);
        }
        if (X509_sign(made, authority ? authority->key_.get() : key_.get(), EVP_sha256()) == 0) {
            throw std::runtime_error("the certificate could not be signed");
        }
    }

    void extend(int kind, const std::string& value) {
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        X509_add_ext(certificate_.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }

    template <typename Write>
    static std::string text(Write write) {
        const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
        write(out.get());
        const char* at = nullptr;
        const long size = BIO_get_mem_data(out.get(), &at);
        return {at, static_cast<std::size_t>(size)};
    }

    KeyHandle key_;
    CertificateHandle certificate_;
};

}  // namespace lattice::test
