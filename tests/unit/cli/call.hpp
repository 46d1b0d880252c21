// Runs ferryctl's commands against a control that is not there, and keeps what they print.
#pragma once

#include <string>

#include "cli/run.hpp"
#include "fake_control.hpp"

namespace ferryd {

struct Printed {
    ExitCode code;
    std::string out, err;
};

/// `line` is split at spaces.
Printed call(ControlApi& api, const std::string& line, Output::Form form = Output::Form::text);
/// The same where no daemon answers.
Printed call_nobody(const std::string& line, Output::Form form = Output::Form::text);

inline ferry::Vni vni(std::uint32_t value)
{
    return *ferry::Vni::make(value);
}
inline ferry::MacAddress mac(const char* text)
{
    return *ferry::MacAddress::parse(text);
}
inline ferry::Ipv4Address ipv4(const char* text)
{
    return *ferry::Ipv4Address::parse(text);
}

/// A control with a bit of everything in it.
void fill(FakeControl& control);

}  // namespace ferryd
