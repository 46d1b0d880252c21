// Values that come from outside, from ferryd.toml, ferryctl's command line or the API: one set of rules for all of
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <ferry/error.hpp>
#include <ferry/table/local_vteps.hpp>
#include <ferry/wire/address.hpp>

#include "config/vni_set.hpp"

namespace ferryd {

using ferry::Expected;

// Each of these fails with invalid_argument and a sentence that repeats the value and says what is allowed. Any thread.

Expected<ferry::Vni> make_vni(std::int64_t value);
using VniRange = VniSet::Range;
/// "200-299" or "200".
Expected<VniRange> parse_vni_range(std::string_view text);
/// An endpoint's or next hop's address: not zero, not multicast.
Expected<ferry::MacAddress> parse_unicast_mac(std::string_view text);
/// A VTEP's address: unicast, not 0.0.0.0, not 255.255.255.255, not loopback.
Expected<ferry::Ipv4Address> parse_vtep_address(std::string_view text);

/// The name of an attachment: 1 to 32 letters, digits, '-', '_' and '.', beginning with a letter or digit; "underlay"
/// is the underlay port's.
Expected<std::string> parse_port_name(std::string_view text);
/// The name of a host: 1 to 64 bytes without spaces and control characters.
Expected<std::string> parse_host_name(std::string_view text);
/// A Unix socket's absolute path, at most 107 bytes (sockaddr_un's bound).
Expected<std::filesystem::path> parse_socket_path(std::string_view text);
/// Permissions in octal digits, "0660", at most 0777.
Expected<std::uint32_t> parse_socket_mode(std::string_view text);
/// A DPDK device's arguments: "net_af_packet0,iface=eth1", or a PCI address with or without arguments.
Expected<std::string> parse_device(std::string_view text);
/// Where this host takes VXLAN: "172.16.0.9", with VXLAN's port, or "172.16.0.9:8472".
Expected<ferry::LocalVtep> parse_local_vtep(std::string_view text);
/// "172.16.0.1:4790" or "[2001:db8::1]:4790", in canonical form.
Expected<std::string> parse_endpoint(std::string_view text);
/// An absolute path without a NUL byte, of a folder that need not exist yet.
Expected<std::filesystem::path> parse_folder(std::string_view text);
/// An absolute path that can stand among device arguments: without a comma, a space or a control character.
Expected<std::filesystem::path> parse_program_path(std::string_view text);

/// A name that the kernel takes for an interface: 1 to 15 characters.
Expected<std::string> parse_interface_name(std::string_view text);

/// The part of device arguments that names the device: what stands before the first comma.
std::string_view device_name(std::string_view device) noexcept;
/// True for device arguments that name a PCI device: "0000:01:00.0", "01:00.0".
bool is_pci_device(std::string_view device) noexcept;
/// What keeps the device from being used where dpdk.pci is `pci`, as a sentence that the device begins; nothing where it can be.
std::optional<std::string> at_odds_with_pci(std::string_view device, bool pci);
/// True for device arguments whose interface stays the kernel's, which sees its frames by itself.
bool is_kernels_device(std::string_view device) noexcept;

/// `text` in quotes, cut to 80 bytes, control characters and bytes outside ASCII as \xNN, so that a message stays a
/// line.
std::string in_quotes(std::string_view text);

inline constexpr std::uint32_t max_hold_ms = 600'000;     ///< ten minutes
inline constexpr std::size_t max_socket_path = 107;     ///< sockaddr_un, less the terminating zero
inline constexpr std::uint16_t max_vhost_queues = 16;   ///< queue pairs that ferryd serves of one port

}  // namespace ferryd
