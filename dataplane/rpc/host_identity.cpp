#include "rpc/host_identity.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <grpc/grpc_security_constants.h>

#include "config/values.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

/// The names as a sentence has them; what comes from outside is bounded.
std::string shown(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 4); ++i)
        text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
    return names.empty() ? "no name" : names.size() > 4 ? text + " and others" : text;
}

std::string host_part(const std::string& address)
{
    const std::string host = address.substr(0, address.rfind(':'));
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

ferry::v1::Hello hello_of(const HostConfig& host)
{
    ferry::v1::Hello hello;
    hello.set_host(host.name);
    hello.set_vtep(host.vtep.to_string());
    hello.set_reads_marks(true);
    hello.set_protocol(host_protocol);
    return hello;
}

std::vector<std::string> certificate_names(const grpc::AuthContext& context)
{
    std::vector<std::string> names;
    for (const char* property : {GRPC_X509_SAN_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME})
        for (const grpc::string_ref& name : context.FindPropertyValues(property))
            names.emplace_back(name.data(), name.size());
    return names;
}

bool is_certificate_of(const PeerHost& peer, const std::vector<std::string>& names)
{
    const std::string wanted = peer.name ? *peer.name : host_part(peer.address);
    return std::find(names.begin(), names.end(), wanted) != names.end();
}

Expected<const PeerHost*> identify(const PeersConfig& peers, const ferry::v1::Hello& hello,
                                   const std::vector<std::string>& names)
{
    const auto vtep = ferry::Ipv4Address::parse(hello.vtep());
    const auto peer = std::find_if(peers.hosts.begin(), peers.hosts.end(),
                                   [&](const PeerHost& host) { return vtep && host.vtep == *vtep; });
    if (peer == peers.hosts.end())
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("no peer of VTEP {} is configured here; {} calls itself that",
                                       in_quotes(hello.vtep()), peers.insecure ? in_quotes(hello.host()) : shown(names)));
    if (!peers.insecure && !is_certificate_of(*peer, names))
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("the certificate is of {}, and not of {}, which is the peer of VTEP {} here",
                                       shown(names), in_quotes(peer->name ? *peer->name : host_part(peer->address)),
                                       peer->vtep.to_string()));
    return &*peer;
}

Expected<void> check_protocol(const ferry::v1::Hello& hello)
{
    if (hello.protocol() < host_protocol)
        return ferry::fail(ErrorCode::unavailable, fmt::format("speaks version {} of the protocol between hosts, which "
                                                               "is too old; this is version {}",
                                                               hello.protocol(), host_protocol));
    if (!hello.reads_marks())
        return ferry::fail(ErrorCode::unavailable, "does not read marks in VXLAN headers");
    return {};
}

}  // namespace ferryd
