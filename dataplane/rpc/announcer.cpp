#include "rpc/announcer.hpp"

#include "rpc/credentials.hpp"
#include "rpc/peer_link.hpp"

namespace ferryd {

Expected<std::unique_ptr<GrpcAnnouncer>> GrpcAnnouncer::start(const PeersConfig& peers, Report report)
{
    auto credentials = client_credentials(peers);
    if (!credentials)
        return tl::unexpected(std::move(credentials.error()));
    std::unique_ptr<GrpcAnnouncer> announcer(new GrpcAnnouncer);
    for (const PeerHost& host : peers.hosts)
        announcer->links_.push_back(std::make_unique<PeerLink>(host.address, *credentials, report));
    return announcer;
}

GrpcAnnouncer::~GrpcAnnouncer()
{
    stop();
}

void GrpcAnnouncer::announce(const EndpointPlace& place, Done done)
{
    for (const auto& link : links_)
        link->announce(place, done);
}

void GrpcAnnouncer::stop()
{
    for (const auto& link : links_)
        link->ask_to_stop();
    for (const auto& link : links_)
        link->join();
}

}  // namespace ferryd
