// ferryd.toml into a Config, checked as a whole before anything starts. The keys are described in ferryd.toml(5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"

namespace ferryd {

/// One thing that is wrong in the configuration.
struct ConfigError {
    std::string file;
    std::uint32_t line = 0, column = 0;  ///< from 1; 0 where the fault has no place in the file
    std::string key;                     ///< "port.vni"; empty where the fault is the file's
    std::string sentence;                ///< what is wrong and what is allowed

    /// "ferryd.toml:12:7: port.vni: 16777216 is not allowed; a VNI is 0 to 16777215"
    std::string to_string() const;
};

/// A configuration that can be started, or everything that is wrong with it, in the order of the file.
using ConfigResult = tl::expected<Config, std::vector<ConfigError>>;

/// Reads `path` and checks it; also what it names on this host: TLS files and CPUs.
ConfigResult parse_config_file(const std::filesystem::path& path);

/// The same for text; `name` stands for the file in messages.
ConfigResult parse_config_text(std::string_view text, const std::string& name);

}  // namespace ferryd
