#include "cli/arguments.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "config/values.hpp"

namespace ferryd {

namespace {

auto wrong(std::string sentence)
{
    return ferry::fail(ferry::ErrorCode::invalid_argument, std::move(sentence));
}

const Keyword* find_keyword(const Grammar& grammar, std::string_view word)
{
    if (word.starts_with("--"))
        word.remove_prefix(2);
    const auto found = std::find_if(grammar.keywords.begin(), grammar.keywords.end(), [&](const Keyword& keyword) {
        return word == keyword.name || (keyword.alias != nullptr && word == keyword.alias);
    });
    return found == grammar.keywords.end() ? nullptr : &*found;
}

std::string known_keywords(const Grammar& grammar)
{
    if (grammar.keywords.empty())
        return "nothing more is taken here";
    std::string names = "known here are";
    for (const Keyword& keyword : grammar.keywords)
        names += fmt::format("{} {}", &keyword == grammar.keywords.data() ? "" : ",", keyword.name);
    return names;
}

}  // namespace

Expected<Arguments> Arguments::parse(const Grammar& grammar, const std::vector<std::string>& words)
{
    Arguments arguments;
    std::size_t next = 0;
    for (const char* name : grammar.positionals) {
        if (next == words.size())
            return wrong(fmt::format("{} is missing", name));
        arguments.positionals_.push_back(words[next++]);
    }
    while (next < words.size()) {
        const std::string& word = words[next++];
        const Keyword* keyword = find_keyword(grammar, word);
        if (keyword == nullptr)
            return wrong(fmt::format("{} is not understood; {}", in_quotes(word), known_keywords(grammar)));
        if (arguments.has(keyword->name) && keyword->takes != Keyword::Takes::values)
            return wrong(fmt::format("{} is given twice", keyword->name));
        auto& values = arguments.values_[keyword->name];
        if (keyword->takes == Keyword::Takes::nothing)
            continue;
        if (next == words.size())
            return wrong(fmt::format("{} wants a value", keyword->name));
        values.push_back(words[next++]);
        while (keyword->takes == Keyword::Takes::values && next < words.size() &&
               find_keyword(grammar, words[next]) == nullptr)
            values.push_back(words[next++]);
    }
    return arguments;
}

std::vector<std::string> Arguments::values(std::string_view keyword) const
{
    std::vector<std::string> all;
    if (const auto found = values_.find(keyword); found != values_.end())
        for (const std::string& text : found->second)
            for (std::string& part : split_list(text))
                all.push_back(std::move(part));
    return all;
}

Expected<void> Arguments::require(std::string_view keyword) const
{
    if (!has(keyword))
        return wrong(fmt::format("{} is missing", keyword));
    return {};
}

Expected<ferry::Vni> Arguments::vni() const
{
    return require("vni").and_then([&] { return parse_vni(value("vni")); });
}

Expected<bool> Arguments::on_or_off(std::string_view keyword) const
{
    const std::string& text = value(keyword);
    if (text != "on" && text != "off")
        return wrong(fmt::format("{} is on or off, not {}", keyword, in_quotes(text)));
    return text == "on";
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

Expected<ferry::Vni> parse_vni(std::string_view text)
{
    const auto number = parse_number(text);
    if (!number || *number > ferry::Vni::max)
        return wrong(fmt::format("{} is not a VNI; one is 0 to {}", in_quotes(text), ferry::Vni::max));
    return *ferry::Vni::make(static_cast<std::uint32_t>(*number));
}

std::vector<std::string> split_list(std::string_view text)
{
    std::vector<std::string> parts;
    if (text.empty() || text == "none")
        return parts;
    for (;;) {
        const std::size_t comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos)
            return parts;
        text.remove_prefix(comma + 1);
    }
}

Expected<std::vector<ferry::Ipv4Address>> parse_vtep_list(const std::vector<std::string>& texts)
{
    std::vector<ferry::Ipv4Address> addresses;
    for (const std::string& text : texts) {
        const auto address = parse_vtep_address(text);
        if (!address)
            return tl::unexpected(address.error());
        addresses.push_back(*address);
    }
    return addresses;
}

}  // namespace ferryd
