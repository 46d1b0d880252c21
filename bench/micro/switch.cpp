#include "switch.hpp"

#include <rte_mbuf.h>

#include "buffers.hpp"

namespace ferry::bench {

MacAddress Switch::remote_mac(std::size_t endpoint) noexcept
{
    return MacAddress::from_u48(0x5254'00aa'0000 + endpoint);
}

MacAddress Switch::local_mac(std::size_t endpoint) noexcept
{
    return MacAddress::from_u48(0x5254'00bb'0000 + endpoint);
}

Switch::Switch(bool learning, std::size_t local) : tables(must(Tables::make({})))
{
    const Vni vni = *Vni::make(100);
    Transaction transaction(*tables);
    must(transaction.add_segment(vni, learning));
    const std::vector<VtepId> vteps = add_vteps(transaction, remote_vteps);
    std::vector<std::vector<MacAddress>> macs(local);
    for (std::size_t i = 0; i < endpoints; ++i)
        macs[i % local].push_back(local_mac(i));
    for (std::size_t i = 0; i < local; ++i)
        attachments.push_back(must(transaction.add_attachment(vni, learning ? std::vector<MacAddress>{} : macs[i])));
    const RowOrigin origin = learning ? RowOrigin::learned : RowOrigin::endpoint;
    for (std::size_t i = 0; i < endpoints; ++i) {
        must(transaction.set_row(vni, remote_mac(i), Row::remote(vteps[i % remote_vteps], origin)));
        must(transaction.set_row(vni, local_mac(i), Row::local(attachments[i % local], origin)));
    }
    settle(*tables, transaction);
    worker = make_worker(*tables, buffers("copies", 1023, RTE_MBUF_DEFAULT_BUF_SIZE));
}

}  // namespace ferry::bench
