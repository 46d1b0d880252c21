#include "rpc/credentials.hpp"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace ferryd {

namespace {

using ferry::ErrorCode;

Expected<std::string> read_pem(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf()))
        return ferry::fail(ErrorCode::invalid_argument, fmt::format("{} cannot be read", path.string()));
    if (text.str().find("-----BEGIN ") == std::string::npos)
        return ferry::fail(ErrorCode::invalid_argument, fmt::format("{} is not a file in PEM", path.string()));
    return text.str();
}

struct Pem {
    std::string ca, certificate, key;
};

Expected<Pem> read_all(const PeersConfig& peers)
{
    if (!peers.tls)
        return ferry::fail(ErrorCode::invalid_argument, "peers has neither TLS files nor insecure = true");
    Pem pem;
    for (const auto& [path, into] :
         {std::pair(&peers.tls->ca, &pem.ca), std::pair(&peers.tls->certificate, &pem.certificate),
          std::pair(&peers.tls->key, &pem.key)}) {
        auto text = read_pem(*path);
        if (!text)
            return tl::unexpected(std::move(text.error()));
        *into = std::move(*text);
    }
    return pem;
}

}  // namespace

Expected<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const PeersConfig& peers)
{
    if (peers.insecure)
        return grpc::InsecureServerCredentials();
    return read_all(peers).map([](const Pem& pem) {
        grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
        options.pem_root_certs = pem.ca;
        options.pem_key_cert_pairs = {{pem.key, pem.certificate}};
        return grpc::SslServerCredentials(options);
    });
}

Expected<std::shared_ptr<grpc::ChannelCredentials>> client_credentials(const PeersConfig& peers)
{
    if (peers.insecure)
        return grpc::InsecureChannelCredentials();
    return read_all(peers).map([](const Pem& pem) { return grpc::SslCredentials({pem.ca, pem.key, pem.certificate}); });
}

}  // namespace ferryd
