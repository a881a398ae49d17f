#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/stream.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <lattice/transport/tcp/stream.hpp>

namespace lattice::inline v0 {

/// Settings of TLS 1.3 for TcpTransport. Texts are PEM.
///
/// Both sides of a connection show a certificate and both check the other's: there are no clients and servers in a gossip
/// network. What is not said here is as strict as it can be.
struct TlsOptions {
    /// This node's certificate first, then those between it and an authority. A node is client and server: a certificate
    /// with extended key usages needs both.
    std::string certificate_chain;
    std::string private_key;  ///< Of this node's certificate; not encrypted.
    std::string authorities;  ///< Certificates of those whose signature under a peer's certificate counts.

    /// Whether peers must prove anything.
    enum class Verification : std::uint8_t {
        required,  ///< A valid certificate of one of the authorities, on both sides.
        off,       ///< Any certificate or none: keeps listeners out, not impostors. For tests and closed networks.
    } verification{Verification::required};

    /// Whether the certificate says who the peer is.
    enum class NameBinding : std::uint8_t {
        none,     ///< Every certificate of the authorities may speak for every node id.
        node_id,  ///< A DNS name among its alternative names, or without any the common name, is the node id exactly.
    } name_binding{NameBinding::none};
};

namespace tcp {

/// Whether the certificate names `node_id`: as a DNS alternative name, or as the common name when it has none (RFC 6125,
/// without wildcards and with exact case, because a node id is no host name).
inline bool certificate_names(X509* certificate, std::string_view node_id) {
    const auto equals = [node_id](const ASN1_STRING* text) {
        return text != nullptr &&
               node_id == std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                           static_cast<std::size_t>(ASN1_STRING_length(text)));
    };
    const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        [](GENERAL_NAMES* all) { GENERAL_NAMES_free(all); });
    bool has_dns_names = false;
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            has_dns_names = true;
            if (equals(name->d.dNSName)) {
                return true;
            }
        }
    }
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = has_dns_names ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    return at >= 0 && X509_NAME_get_index_by_NID(subject, NID_commonName, at) < 0 &&
           equals(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

/// TLS over TCP.
class TlsStream final : public Stream {
   public:
    TlsStream(Socket socket, asio::ssl::context& context, TlsOptions::NameBinding name_binding)
        : stream_(std::move(socket), context), name_binding_(name_binding) {}

    Socket& socket() noexcept override { return stream_.next_layer(); }

    void secure(Side side, DoneHandler done) override {
        const auto role = side == Side::dialler ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
        stream_.async_handshake(role, std::move(done));
    }
    void read(asio::mutable_buffer buffer, IoHandler done) override {
        stream_.async_read_some(buffer, std::move(done));
    }
    void write(WriteBuffers buffers, IoHandler done) override { stream_.async_write_some(buffers, std::move(done)); }

    /// Sends the closing alert. The peer's own may never come; the connection's linger time bounds the wait for it.
    void finish(DoneHandler done) override { stream_.async_shutdown(std::move(done)); }

    [[nodiscard]] bool proves(std::string_view node_id) const override {
        if (name_binding_ == TlsOptions::NameBinding::none) {
            return true;
        }
        const std::unique_ptr<X509, void (*)(X509*)> certificate(
            SSL_get1_peer_certificate(const_cast<SSLStream&>(stream_).native_handle()),
            [](X509* owned) { X509_free(owned); });
        return certificate != nullptr && certificate_names(certificate.get(), node_id);
    }

    [[nodiscard]] TcpFault fault_of(const std::error_code& error) const override {
        if (error == asio::ssl::error::stream_truncated) {
            return TcpFault::truncated;
        }
        return error.category() == asio::error::get_ssl_category() ? TcpFault::security : fault_of_socket(error);
    }

   private:
    using SSLStream = asio::ssl::stream<Socket>;

    SSLStream stream_;
    TlsOptions::NameBinding name_binding_;
};

class TlsStreams final : public StreamFactory {
   public:
    explicit TlsStreams(const TlsOptions& options)
        : context_(asio::ssl::context::tls), name_binding_(options.name_binding) {
        const bool verifies = options.verification == TlsOptions::Verification::required;
        if (!verifies && name_binding_ != TlsOptions::NameBinding::none) {
            throw std::invalid_argument("TlsOptions: a name that nobody verified binds nothing");
        }
        SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_3_VERSION);
        // Connections are long-lived: tickets would be bytes for a resumption that never happens.
        SSL_CTX_set_num_tickets(context_.native_handle(), 0);
        context_.use_certificate_chain(asio::buffer(options.certificate_chain));
        context_.use_private_key(asio::buffer(options.private_key), asio::ssl::context::pem);
        if (verifies) {
            context_.add_certificate_authority(asio::buffer(options.authorities));
            context_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        } else {
            context_.set_verify_mode(asio::ssl::verify_none);
        }
    }

    std::unique_ptr<Stream> wrap(Socket socket) override {
        return std::make_unique<TlsStream>(std::move(socket), context_, name_binding_);
    }

   private:
    asio::ssl::context context_;
    TlsOptions::NameBinding name_binding_;
};

}  // namespace tcp

/// TLS 1.3 for a TcpTransport: `options.security = tls(...)`. One may be shared by several transports.
///
/// Throws std::system_error for a key, certificate or authority that cannot be read, or a key that is not the
/// certificate's; std::invalid_argument for settings that contradict each other.
inline std::shared_ptr<StreamFactory> tls(const TlsOptions& options) {
    return std::make_shared<tcp::TlsStreams>(options);
}

}  // namespace lattice::inline v0
