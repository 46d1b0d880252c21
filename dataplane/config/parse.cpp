#include "config/parse.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/section.hpp"

namespace ferryd {

namespace {

/// Far more than any configuration; keeps a wrong path, such as a disk's, from filling the memory.
constexpr std::uintmax_t most_bytes = 64u << 20;

ConfigResult file_fault(const std::filesystem::path& path, std::string sentence)
{
    return tl::unexpected(std::vector<ConfigError>{{path.string(), 0, 0, "", std::move(sentence)}});
}

}  // namespace

std::string ConfigError::to_string() const
{
    std::string text = file;
    if (line != 0)
        text += fmt::format(":{}:{}", line, column);
    text += ": ";
    if (!key.empty())
        text += key + ": ";
    return text + sentence;
}

ConfigResult parse_config_file(const std::filesystem::path& path)
{
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return file_fault(path, error ? "cannot be opened: " + error.message() : "is not a file");
    if (std::filesystem::file_size(path, error) > most_bytes || error)
        return file_fault(path, fmt::format("is larger than {} MiB", most_bytes >> 20));
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf())))
        return file_fault(path, fmt::format("cannot be read: {}", std::strerror(errno)));
    return parse_config_text(text.str(), path.string());
}

ConfigResult parse_config_text(std::string_view text, const std::string& name)
{
    Reading reading(name);
    Config config;
    try {
        const toml::table root = toml::parse(text, std::string_view(name));
        read_sections(reading, root, config);
        check_whole(reading, config);
    } catch (const toml::parse_error& error) {
        const std::string what = in_quotes(error.description());
        reading.fault(error.source().begin, "", "is not TOML: " + what.substr(1, what.size() - 2));
    }
    if (!reading.clean())
        return tl::unexpected(std::move(reading).faults());
    return config;
}

}  // namespace ferryd
