#include "cli/command.hpp"

#include <fmt/format.h>

#include "config/values.hpp"

namespace ferryd {

namespace {

template <typename T>
Expected<const T*> find(const std::vector<T>& all, std::string_view word, const char* what, auto other_name)
{
    const T* found = nullptr;
    int count = 0;
    std::string names;
    for (const T& one : all) {
        const std::string_view other = other_name(one);
        if (word == one.name || (!other.empty() && word == other))
            return &one;
        if (!word.empty() && std::string_view(one.name).starts_with(word)) {
            found = &one;
            ++count;
        }
        names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
    }
    if (count == 1)
        return found;
    return ferry::fail(
        ferry::ErrorCode::invalid_argument,
        fmt::format("{} is {} {}; there are {}", in_quotes(word), count > 1 ? "more than one" : "no", what, names));
}

std::string usage_line(const Object& object, const Verb& verb)
{
    std::string line = fmt::format("ferryctl [OPTIONS] {}", object.name);
    for (const char* part : {verb.name, verb.synopsis})
        line += fmt::format("{}{}", *part != '\0' ? " " : "", part);
    return line;
}

}  // namespace

const std::vector<Object>& all_objects()
{
    static const std::vector<Object> objects{fdb_commands(),  vni_commands(),     vtep_commands(), local_commands(), port_commands(),
                                             move_commands(), hold_commands(), release_commands(), peer_commands(),
                                             worker_commands(), stats_commands()};
    return objects;
}

Expected<const Object*> find_object(std::string_view word)
{
    return find(all_objects(), word, "object", [](const Object&) { return std::string_view(); });
}

Expected<const Verb*> find_verb(const Object& object, std::string_view word)
{
    return find(object.verbs, word, "command", [](const Verb& verb) {
        return verb.alias != nullptr ? std::string_view(verb.alias) : std::string_view();
    });
}

std::string help_of(const Object& object)
{
    std::string text = fmt::format("{}\n\nUsage:\n", object.summary);
    for (const Verb& verb : object.verbs)
        text += fmt::format("  {}\n      {}\n", usage_line(object, verb), verb.summary);
    text += "\nExamples:\n";
    for (const Verb& verb : object.verbs)
        text += verb.examples;
    return text;
}

std::string help_of(const Object& object, const Verb& verb)
{
    return fmt::format("{}\n\nUsage:\n  {}\n\nExamples:\n{}", verb.summary, usage_line(object, verb), verb.examples);
}

}  // namespace ferryd
