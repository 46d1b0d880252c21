#include "config/section.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace ferryd {

namespace {

/// "port[2].macs[0]" as the user wrote it: "port.macs".
std::string shown(const std::string& path)
{
    std::string key;
    bool inside = false;
    for (char c : path) {
        if (c == '[' || c == ']')
            inside = c == '[';
        else if (!inside)
            key += c;
    }
    return key;
}

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

/// Up to which distance a word of `size` letters is likely to be meant.
std::size_t likeness(std::size_t size)
{
    return std::max(size / 3, std::min<std::size_t>(2, size / 2));
}

const char* type_name(toml::node_type type) noexcept
{
    switch (type) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "text";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a fraction";
    case toml::node_type::boolean: return "true or false";
    default: return "a date or time";
    }
}

std::string wanted_not(const char* wanted, const toml::node& node)
{
    return fmt::format("must be {}, not {}", wanted, type_name(node.type()));
}

}  // namespace

void Reading::fault(toml::source_position at, std::string key, std::string sentence)
{
    faults_.push_back({file_, at.line, at.column, std::move(key), std::move(sentence)});
}

void Reading::fault_of(const std::string& path, std::string sentence)
{
    faulty_.insert(path);
    auto place = places_.find(path);
    for (std::string outer = path; place == places_.end() && !outer.empty();) {
        const std::size_t end = outer.find_last_of(".[");
        outer.resize(end == std::string::npos ? 0 : end);
        place = places_.find(outer);
    }
    fault(place == places_.end() ? toml::source_position{} : place->second, shown(path), std::move(sentence));
}

std::vector<ConfigError> Reading::faults() &&
{
    std::stable_sort(faults_.begin(), faults_.end(), [](const ConfigError& a, const ConfigError& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return std::move(faults_);
}

Section::Section(Reading& reading, std::string path, const toml::table* table)
    : reading_(reading), path_(std::move(path)), table_(table)
{
    if (table_ != nullptr)
        reading_.remember(path_, table_->source().begin);
}

std::size_t Section::count(std::string_view key) const
{
    const toml::array* list = table_ != nullptr ? table_->get_as<toml::array>(key) : nullptr;
    return list != nullptr ? list->size() : 0;
}

void Section::require(const char* key, const char* wanted)
{
    if (has(key))
        return;
    const toml::source_position at = table_ != nullptr ? table_->source().begin : toml::source_position{};
    reading_.fault(at, shown(path_of(key)), fmt::format("is missing; give {}", wanted));
}

void Section::fault(std::string_view key, std::string sentence)
{
    reading_.fault_of(path_of(key), std::move(sentence));
}

void Section::take_numbers(const char* key, std::vector<std::uint32_t>& into, std::int64_t lowest, std::int64_t highest)
{
    const toml::array* list = take_array(key, "integers");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const toml::node& node = (*list)[i];
        const std::string path = fmt::format("{}[{}]", path_of(key), i);
        reading_.remember(path, node.source().begin);
        if (!node.is_integer())
            reading_.fault_of(path, wanted_not("an integer", node));
        else if (const std::int64_t number = node.as_integer()->get(); number < lowest || number > highest)
            reading_.fault_of(path, fmt::format("{} is not allowed; give {} to {}", number, lowest, highest));
        else
            into.push_back(static_cast<std::uint32_t>(number));
    }
}

bool Section::take_vni(ferry::Vni& into)
{
    const auto number = take_integer("vni");
    return number && put(path_of("vni"), make_vni(*number), into);
}

void Section::take_vni_set(const char* key, VniSet& into)
{
    const toml::node* node = take_node(key);
    if (node == nullptr)
        return;
    const std::string path = path_of(key);
    const toml::array* list = node->as_array();
    if (node->is_string() && node->as_string()->get() == "all")
        into = VniSet::all();
    else if (list == nullptr)
        reading_.fault_of(path, "must be a list of VNIs and ranges, such as [100, \"200-299\"], or \"all\"");
    else
        into = {};
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const toml::node& entry = (*list)[i];
        const std::string place = fmt::format("{}[{}]", path, i);
        reading_.remember(place, entry.source().begin);
        VniRange range;
        if (entry.is_string())
            put(place, parse_vni_range(entry.as_string()->get()), range);
        else if (!entry.is_integer())
            reading_.fault_of(place, wanted_not("a VNI or a range in quotes", entry));
        else if (ferry::Vni vni; put(place, make_vni(entry.as_integer()->get()), vni))
            range = {vni.value(), vni.value()};
        into.add(range.first, range.last);
    }
}

std::vector<Section> Section::take_sections(const char* key)
{
    const toml::node* node = take_node(key);
    std::vector<Section> sections;
    const toml::array* list = node != nullptr ? node->as_array() : nullptr;
    const auto is_table = [](const toml::node& entry) { return entry.is_table(); };
    if (node != nullptr && (list == nullptr || !std::all_of(list->begin(), list->end(), is_table))) {
        fault(key, fmt::format("may stand several times; write [[{}]] and its keys below, for each", shown(path_of(key))));
        return sections;
    }
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
        sections.push_back(Section(reading_, fmt::format("{}[{}]", path_of(key), i), (*list)[i].as_table()));
    return sections;
}

void Section::take_flag(const char* key, bool& into)
{
    const toml::node* node = take_node(key);
    if (node != nullptr && !node->is_boolean())
        fault(key, wanted_not("true or false", *node));
    else if (node != nullptr)
        into = node->as_boolean()->get();
}

void Section::refuse_unknown()
{
    if (table_ != nullptr)
        refuse_unknown_keys(reading_, *table_, shown(path_) + '.', known_);
}

const toml::node* Section::take_node(const char* key)
{
    known_.insert(key);
    const toml::node* node = table_ != nullptr ? table_->get(key) : nullptr;
    if (node != nullptr)
        reading_.remember(path_of(key), node->source().begin);
    return node;
}

std::optional<std::string> Section::take_text(const char* key)
{
    const toml::node* node = take_node(key);
    return node != nullptr ? text_of(*node, path_of(key)) : std::nullopt;
}

std::optional<std::string> Section::text_of(const toml::node& node, const std::string& path)
{
    if (node.is_string())
        return node.as_string()->get();
    reading_.fault_of(path, wanted_not("text in quotes", node));
    return std::nullopt;
}

std::optional<std::int64_t> Section::take_integer(const char* key)
{
    const toml::node* node = take_node(key);
    if (node == nullptr)
        return std::nullopt;
    if (node->is_integer())
        return node->as_integer()->get();
    fault(key, wanted_not("an integer", *node));
    return std::nullopt;
}

const toml::array* Section::take_array(const char* key, const char* of_what)
{
    const toml::node* node = take_node(key);
    if (node != nullptr && !node->is_array())
        fault(key, wanted_not(fmt::format("a list of {} in [ ]", of_what).c_str(), *node));
    return node != nullptr ? node->as_array() : nullptr;
}

void refuse_unknown_keys(Reading& reading, const toml::table& table, const std::string& prefix,
                         const std::set<std::string, std::less<>>& known)
{
    for (const auto& [key, node] : table) {
        const std::string_view name = key.str();
        if (known.count(name) != 0)
            continue;
        const auto nearest = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
            return distance(name, a) < distance(name, b);
        });
        const bool near = nearest != known.end() && distance(name, *nearest) <= likeness(nearest->size());
        const std::string hint = near ? fmt::format("did you mean \"{}\"?", *nearest)
                                      : fmt::format("known are {}", fmt::join(known, ", "));
        const std::string shown_name = in_quotes(name);
        reading.fault(key.source().begin, prefix + shown_name.substr(1, shown_name.size() - 2),
                      "is not a key; " + hint);
    }
}

}  // namespace ferryd
