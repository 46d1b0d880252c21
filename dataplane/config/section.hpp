// A TOML table being read: keys are taken one by one into typed values, and what is wrong is noted with its place. Only
// the configuration's own files include this one, because it brings toml++ along.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/parse.hpp"
#include "config/values.hpp"

namespace ferryd {

/// What goes on while a file is read: the faults so far, and where each value stood, for the checks that come later.
class Reading {
public:
    explicit Reading(std::string file) : file_(std::move(file)) {}

    void fault(toml::source_position at, std::string key, std::string sentence);
    /// A fault of a value that was read before; `path` as remember() had it: "port[2].vni". Where that is not in the
    /// file the fault stands at what is around it.
    void fault_of(const std::string& path, std::string sentence);

    void remember(std::string path, toml::source_position at) { places_[std::move(path)] = at; }
    bool remembers(const std::string& path) const { return places_.count(path) != 0; }
    /// True where the value is in the file and without a fault so far.
    bool good(const std::string& path) const { return remembers(path) && faulty_.count(path) == 0; }

    bool clean() const noexcept { return faults_.empty(); }
    /// The faults in the order of the file.
    std::vector<ConfigError> faults() &&;

private:
    std::string file_;
    std::vector<ConfigError> faults_;
    std::map<std::string, toml::source_position> places_;
    std::set<std::string> faulty_;
};

/// One table, such as [host] or one of the [[port]]s. The getters leave their target alone where the key is not there,
/// and note a fault and return false where its value is not allowed.
class Section {
public:
    /// `path` tells tables of one name apart ("port[2]"); `table` may be null for a section that is not in the file.
    Section(Reading& reading, std::string path, const toml::table* table);

    bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }
    /// How many elements the list `key` has in the file; 0 where it is not a list.
    std::size_t count(std::string_view key) const;
    /// Notes a fault where the key is missing; `wanted` says what to give.
    void require(const char* key, const char* wanted);
    /// A fault of the table as a whole, or of one of its keys.
    void fault(std::string sentence) { reading_.fault_of(path_, std::move(sentence)); }
    void fault(std::string_view key, std::string sentence);

    /// Text that `parse` makes a value of: Expected<T> parse(std::string_view).
    template <typename T, typename Parse>
    bool take(const char* key, T& into, Parse parse)
    {
        const auto text = take_text(key);
        return text && put(path_of(key), parse(*text), into);
    }
    enum class Repeats { refused, allowed };
    /// A list of such texts.
    template <typename T, typename Parse>
    void take_list(const char* key, std::vector<T>& into, Parse parse, Repeats repeats = Repeats::refused)
    {
        const toml::array* list = take_array(key, "text in quotes");
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            const std::string path = fmt::format("{}[{}]", path_of(key), i);
            reading_.remember(path, (*list)[i].source().begin);
            const auto text = text_of((*list)[i], path);
            T value{};
            if (text && put(path, parse(std::string_view(*text)), value)) {
                if (repeats == Repeats::refused && std::find(into.begin(), into.end(), value) != into.end())
                    reading_.fault_of(path, fmt::format("{} stands in the list twice", in_quotes(*text)));
                else
                    into.push_back(std::move(value));
            }
        }
    }
    /// Numbers in a list, each from `lowest` to `highest`.
    void take_numbers(const char* key, std::vector<std::uint32_t>& into, std::int64_t lowest, std::int64_t highest);
    template <typename T>
    bool take_number(const char* key, T& into, std::int64_t lowest, std::int64_t highest)
    {
        const auto number = take_integer(key);
        if (!number)
            return false;
        if (*number < lowest || *number > highest) {
            fault(key, fmt::format("{} is not allowed; give {} to {}", *number, lowest, highest));
            return false;
        }
        into = static_cast<T>(*number);
        return true;
    }
    bool take_vni(ferry::Vni& into);
    /// VNIs and ranges of them, [100, "200-299"], or the word "all".
    void take_vni_set(const char* key, VniSet& into);
    /// The tables of a list: each [[section.key]], with its path.
    std::vector<Section> take_sections(const char* key);
    void take_flag(const char* key, bool& into);
    /// One of a few words.
    template <typename T>
    void take_choice(const char* key, T& into, std::initializer_list<std::pair<const char*, T>> choices)
    {
        const auto text = take_text(key);
        if (!text)
            return;
        std::string allowed;
        for (const auto& [word, value] : choices) {
            if (*text == word) {
                into = value;
                return;
            }
            allowed += (allowed.empty() ? "\"" : ", \"") + std::string(word) + "\"";
        }
        fault(key, fmt::format("{} is not allowed; choose one of {}", in_quotes(*text), allowed));
    }

    /// Call last: notes each key of the table that no getter asked for.
    void refuse_unknown();

private:
    std::string path_of(std::string_view key) const { return path_ + '.' + std::string(key); }
    /// The key's value; null where it is not there. From now on the key is a known one.
    const toml::node* take_node(const char* key);
    std::optional<std::string> take_text(const char* key);
    std::optional<std::string> text_of(const toml::node& node, const std::string& path);
    std::optional<std::int64_t> take_integer(const char* key);
    const toml::array* take_array(const char* key, const char* of_what);
    template <typename T, typename From>
    bool put(const std::string& path, Expected<From> value, T& into)
    {
        if (!value) {
            reading_.fault_of(path, std::move(value.error().sentence));
            return false;
        }
        into = std::move(*value);
        return true;
    }

    Reading& reading_;
    std::string path_;
    const toml::table* table_;
    std::set<std::string, std::less<>> known_;
};

/// Notes each key of `table` that is not in `known`, with the nearest one that is.
void refuse_unknown_keys(Reading& reading, const toml::table& table, const std::string& prefix,
                         const std::set<std::string, std::less<>>& known);

/// Reads all sections into `config`; values that are not allowed become faults. In sections.cpp.
void read_sections(Reading& reading, const toml::table& root, Config& config);
/// What no single value can tell: duplicates, references, bounds that belong together. In check.cpp.
void check_whole(Reading& reading, const Config& config);

}  // namespace ferryd
