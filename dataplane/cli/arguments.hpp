// The words after a verb, in the manner of ip(8): positional ones first, then keywords with their values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

namespace ferryd {

using ferry::Expected;

/// A keyword that a verb knows.
struct Keyword {
    enum class Takes { nothing, value, values };
    const char* name;
    Takes takes = Takes::value;
    const char* alias = nullptr;
};

/// What a verb takes.
struct Grammar {
    std::vector<const char*> positionals;  ///< all must be given
    std::vector<Keyword> keywords;         ///< in any order, each at most once but those with values
};

/// The words of one call, sorted by the verb's grammar. A keyword may be written with two dashes before it. Getters
/// fail with invalid_argument and a sentence.
class Arguments {
public:
    static Expected<Arguments> parse(const Grammar& grammar, const std::vector<std::string>& words);

    const std::string& positional(std::size_t index) const { return positionals_[index]; }
    bool has(std::string_view keyword) const { return values_.find(keyword) != values_.end(); }
    /// The value of a keyword; it must be there.
    const std::string& value(std::string_view keyword) const { return values_.find(keyword)->second.front(); }
    /// The values of a keyword, "a b", "a,b" or both; none where the keyword is not there, or its value is "none".
    std::vector<std::string> values(std::string_view keyword) const;

    /// Fails unless the keyword is there.
    Expected<void> require(std::string_view keyword) const;
    Expected<ferry::Vni> vni() const;
    Expected<bool> on_or_off(std::string_view keyword) const;

private:
    std::vector<std::string> positionals_;
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Whole numbers, decimal, nothing around them.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;
Expected<ferry::Vni> parse_vni(std::string_view text);
/// "a,b,c"; "none" is the empty list.
std::vector<std::string> split_list(std::string_view text);
Expected<std::vector<ferry::Ipv4Address>> parse_vtep_list(const std::vector<std::string>& texts);

}  // namespace ferryd
