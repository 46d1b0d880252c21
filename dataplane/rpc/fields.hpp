// Fields of answers as values.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/repeated_field.h>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

#include "config/values.hpp"

namespace ferryd {

/// Reads the fields of one answer and keeps the first fault.
class Fields {
public:
    ferry::MacAddress mac(const std::string& text) { return checked(ferry::MacAddress::parse(text), text); }
    ferry::Ipv4Address ipv4(const std::string& text) { return checked(ferry::Ipv4Address::parse(text), text); }
    ferry::Vni vni(std::uint32_t value) { return checked(ferry::Vni::make(value), std::to_string(value)); }

    std::vector<ferry::MacAddress> macs(const google::protobuf::RepeatedPtrField<std::string>& texts)
    {
        std::vector<ferry::MacAddress> values;
        for (const std::string& text : texts)
            values.push_back(mac(text));
        return values;
    }
    std::vector<ferry::Ipv4Address> ipv4s(const google::protobuf::RepeatedPtrField<std::string>& texts)
    {
        std::vector<ferry::Ipv4Address> values;
        for (const std::string& text : texts)
            values.push_back(ipv4(text));
        return values;
    }
    template <typename T>
    T sub(Expected<T> value)
    {
        if (!value)
            note(std::move(value.error()));
        return value ? std::move(*value) : T{};
    }

    template <typename T>
    Expected<T> finish(T value)
    {
        if (fault_)
            return tl::unexpected(std::move(*fault_));
        return value;
    }

private:
    template <typename T>
    T checked(std::optional<T> value, const std::string& text)
    {
        if (!value)
            note({ferry::ErrorCode::invalid_argument,
                  fmt::format("{} stands where an address or VNI should", in_quotes(text))});
        return value.value_or(T{});
    }
    void note(ferry::Error fault)
    {
        if (!fault_)
            fault_ = std::move(fault);
    }
    std::optional<ferry::Error> fault_;
};

}  // namespace ferryd
