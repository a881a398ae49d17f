// Every part brings a library that compiles, links and runs; the macros say which parts the build has.
#include <lattice/core/version.hpp>

#ifdef HAS_ASIO
#    include <asio/io_context.hpp>
#    include <asio/post.hpp>
#endif
#ifdef HAS_JSON
#    include <nlohmann/json.hpp>
#endif
#ifdef HAS_HTTP
#    include <httplib.h>
#endif
#ifdef HAS_ZSTD
#    include <zstd.h>
#endif
#ifdef HAS_TLS
#    include <openssl/evp.h>
#endif

int main() {
    int missing = 0;
#ifdef HAS_ASIO
    bool ran = false;
    asio::io_context io;
    asio::post(io, [&] { ran = true; });
    io.run();
    missing += ran ? 0 : 1;
#endif
#ifdef HAS_JSON
    missing += nlohmann::json::parse("[1,2]").size() == 2 ? 0 : 1;
#endif
#ifdef HAS_HTTP
    // Macros that differ from those of the compiled library show here: the classes' layouts differ then.
    httplib::Server server;
    missing += server.bind_to_any_port("127.0.0.1") > 0 ? 0 : 1;
#endif
#ifdef HAS_ZSTD
    missing += ZSTD_versionNumber() > 0 ? 0 : 1;
#endif
#ifdef HAS_TLS
    missing += EVP_sha256() != nullptr ? 0 : 1;
#endif
    return missing;
}
