#include "config/values.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "config/device_arguments.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

bool is_name_character(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

bool is_hex(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(), [](char c) { return ferry::detail::hex_digit(c) >= 0; });
}

template <typename... Values>
auto refuse(fmt::format_string<Values...> format, Values&&... values)
{
    return ferry::fail(ErrorCode::invalid_argument, fmt::format(format, std::forward<Values>(values)...));
}

std::optional<std::uint16_t> parse_transport_port(std::string_view text) noexcept
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

}  // namespace

Expected<ferry::Vni> make_vni(std::int64_t value)
{
    if (value < 0 || value > ferry::Vni::max)
        return refuse("{} is not allowed; a VNI is 0 to {}", value, ferry::Vni::max);
    return *ferry::Vni::make(static_cast<std::uint32_t>(value));
}

Expected<VniRange> parse_vni_range(std::string_view text)
{
    VniRange range;
    const auto number = [](std::string_view digits, std::uint32_t& into) {
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
        return error == std::errc{} && end == digits.data() + digits.size() && into <= ferry::Vni::max;
    };
    const std::size_t dash = text.find('-');
    const std::string_view last = dash == std::string_view::npos ? text : text.substr(dash + 1);
    if (!number(text.substr(0, dash), range.first) || !number(last, range.last) || range.first > range.last)
        return refuse("{} is not a range of VNIs; write one like \"200-299\", from 0 to {}", in_quotes(text),
                      ferry::Vni::max);
    return range;
}

Expected<ferry::MacAddress> parse_unicast_mac(std::string_view text)
{
    const auto mac = ferry::MacAddress::parse(text);
    if (!mac)
        return refuse("{} is not a MAC address; write one like \"52:54:00:00:00:01\"", in_quotes(text));
    if (mac->is_zero())
        return refuse("{} is not allowed; the MAC address must not be zero", in_quotes(text));
    if (mac->is_multicast())
        return refuse("{} is not allowed; it is a multicast MAC address, give a unicast one", in_quotes(text));
    return *mac;
}

Expected<ferry::Ipv4Address> parse_vtep_address(std::string_view text)
{
    const auto address = ferry::Ipv4Address::parse(text);
    if (!address)
        return refuse("{} is not an IPv4 address; write one like \"172.16.0.1\"", in_quotes(text));
    if (address->is_zero() || address->is_multicast() || address->host() >> 24 == 127 || address->host() == 0xffff'ffff)
        return refuse("{} is not allowed; a VTEP has a unicast IPv4 address that is not a loopback one",
                      in_quotes(text));
    return *address;
}

Expected<std::string> parse_port_name(std::string_view text)
{
    if (text.empty() || text.size() > 32 || !is_name_character(text[0]) || text[0] == '-' || text[0] == '.' ||
        text[0] == '_' || !std::all_of(text.begin(), text.end(), is_name_character))
        return refuse("{} is not a port name; it has 1 to 32 letters, digits, '-', '_' and '.', and begins with a "
                      "letter or digit",
                      in_quotes(text));
    if (text == "underlay")
        return refuse("\"underlay\" is the underlay port's name; choose another one");
    return std::string(text);
}

Expected<std::string> parse_host_name(std::string_view text)
{
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
    if (text.empty() || text.size() > 64 || !printable)
        return refuse("{} is not a host name; it has 1 to 64 ASCII characters and no spaces", in_quotes(text));
    return std::string(text);
}

Expected<std::filesystem::path> parse_socket_path(std::string_view text)
{
    if (text.empty() || text[0] != '/' || text.find('\0') != std::string_view::npos)
        return refuse("{} is not allowed; a socket's path is absolute", in_quotes(text));
    if (text.back() == '/')
        return refuse("{} is a folder; give the path of the socket in it", in_quotes(text));
    if (text.size() > max_socket_path)
        return refuse("{} has {} bytes; a socket's path has at most {}", in_quotes(text), text.size(), max_socket_path);
    return std::filesystem::path(text);
}

Expected<std::uint32_t> parse_socket_mode(std::string_view text)
{
    std::uint32_t mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (error != std::errc{} || end != text.data() + text.size() || mode > 0777)
        return refuse("{} is not allowed; permissions are octal digits like \"0660\", at most \"0777\"",
                      in_quotes(text));
    return mode;
}

Expected<std::string> parse_device(std::string_view text)
{
    const std::string_view name = device_name(text);
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (name.empty() || text.size() > 512 || !printable || !(name.starts_with("net_") || is_pci_device(name)))
        return refuse(
            "{} is not a device; give DPDK device arguments, such as \"net_af_packet0,iface=eth1\" or \"0000:01:00.0\"",
            in_quotes(text));
    return std::string(text);
}

Expected<ferry::LocalVtep> parse_local_vtep(std::string_view text)
{
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto address = parse_vtep_address(text.substr(0, colon));
    if (!address)
        return tl::unexpected(address.error());
    ferry::LocalVtep vtep{*address};
    if (colon == text.size())
        return vtep;
    const auto port = parse_transport_port(text.substr(colon + 1));
    if (!port)
        return refuse("{} has no UDP port behind the colon; give 1 to 65535", in_quotes(text));
    vtep.port = *port;
    return vtep;
}

Expected<std::string> parse_endpoint(std::string_view text)
{
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        const std::string_view host = text.substr(0, colon);
        const auto port = parse_transport_port(text.substr(colon + 1));
        const auto v4 = ferry::Ipv4Address::parse(host);
        if (port && v4)
            return fmt::format("{}:{}", v4->to_string(), *port);
        if (port && host.size() > 2 && host.front() == '[' && host.back() == ']')
            if (const auto v6 = ferry::Ipv6Address::parse(host.substr(1, host.size() - 2)))
                return fmt::format("[{}]:{}", v6->to_string(), *port);
    }
    return refuse("{} is not an address and port; write one like \"172.16.0.1:4790\" or \"[2001:db8::1]:4790\"",
                  in_quotes(text));
}

Expected<std::filesystem::path> parse_folder(std::string_view text)
{
    const std::filesystem::path path(text);
    if (!path.is_absolute() || text.find('\0') != std::string_view::npos)
        return refuse("{} is not allowed; give the absolute path of a folder", in_quotes(text));
    return path;
}

Expected<std::filesystem::path> parse_program_path(std::string_view text)
{
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != ','; });
    if (!text.starts_with('/') || text.ends_with('/') || text.size() > 512 || !plain)
        return refuse("{} is not allowed; give the absolute path of a BPF object, without commas and spaces", in_quotes(text));
    return std::filesystem::path(text);
}

Expected<std::string> parse_interface_name(std::string_view text)
{
    constexpr std::size_t most = 15;
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < '\x7f' && std::string_view("/:%").find(c) == std::string_view::npos;
    });
    if (text.empty() || text.size() > most || !plain || text == "." || text == "..")
        return refuse("{} is not an interface's name; give 1 to 15 characters without spaces, '/', ':' and '%'",
                      in_quotes(text));
    return std::string(text);
}

std::string_view device_name(std::string_view device) noexcept
{
    return device.substr(0, device.find(','));
}

bool is_pci_device(std::string_view device) noexcept
{
    std::string_view name = device_name(device);
    if (name.size() == 12 && name[4] == ':' && is_hex(name.substr(0, 4)))
        name.remove_prefix(5);
    return name.size() == 7 && name[2] == ':' && name[5] == '.' && is_hex(name.substr(0, 2)) &&
           is_hex(name.substr(3, 2)) && name[6] >= '0' && name[6] <= '7';
}

std::optional<std::string> at_odds_with_pci(std::string_view device, bool pci)
{
    if (is_pci_device(device) && !pci)
        return "is a PCI device; set pci = true under [dpdk]";
    if (is_af_xdp(device) && pci)
        return "is of AF_XDP, whose buffers the kernel must find without the gaps that PCI devices need; leave out pci under [dpdk], "
               "or use net_af_packet";
    return std::nullopt;
}

bool is_kernels_device(std::string_view device) noexcept
{
    return device.starts_with("net_af_packet") || is_af_xdp(device) ||
           (device.starts_with("net_pcap") && device.find("iface=") != std::string_view::npos);
}

std::string in_quotes(std::string_view text)
{
    constexpr std::size_t most = 80;
    std::string result = "\"";
    for (char c : text.substr(0, most)) {
        if (c < ' ' || c > '~')
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            result += c;
    }
    return result + (text.size() > most ? "…\"" : "\"");
}

}  // namespace ferryd
