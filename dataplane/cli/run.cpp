#include "cli/run.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ferryd {

namespace {

bool is_help_option(const std::string& word)
{
    return word == "--help" || word == "-h";
}

bool is_help(const std::string& word)
{
    return word == "help" || is_help_option(word);
}

ExitCode misunderstood(Output& out, const ferry::Error& error, const std::string& where)
{
    out.print_error({error.code, fmt::format("{}; ferryctl{} --help says what is", error.sentence, where)});
    return ExitCode::usage;
}

/// A text that ends in a new line.
ExitCode print_help(Output& out, std::string text)
{
    text.pop_back();
    out.print_line(text);
    return ExitCode::ok;
}

}  // namespace

ExitCode run_words(std::vector<std::string> words, Output& out, const std::function<Expected<Daemon>()>& connect)
{
    if (words.empty())
        return misunderstood(out, {ferry::ErrorCode::invalid_argument, "an object is missing"}, "");
    const auto object = find_object(words[0]);
    if (!object)
        return misunderstood(out, object.error(), "");
    words.erase(words.begin());
    if (!words.empty() && is_help(words[0]))
        return print_help(out, help_of(**object));

    const Verb* verb = &(*object)->verbs.front();
    const bool has_verbs = *verb->name != '\0';
    if (!words.empty() && has_verbs && !words[0].starts_with('-')) {
        const auto found = find_verb(**object, words[0]);
        if (!found)
            return misunderstood(out, found.error(), fmt::format(" {}", (*object)->name));
        verb = *found;
        words.erase(words.begin());
    }
    if (std::any_of(words.begin(), words.end(), is_help_option) || (words.size() == 1 && words[0] == "help"))
        return print_help(out, help_of(**object, *verb));

    const auto action = Arguments::parse(verb->grammar, words).and_then(verb->prepare);
    if (!action)
        return misunderstood(out, action.error(), fmt::format(" {}{}{}", (*object)->name, has_verbs ? " " : "", verb->name));

    const auto daemon = connect();
    if (!daemon) {
        out.print_error(daemon.error());
        return ExitCode::unreachable;
    }
    if (const auto done = (*action)(*daemon->api, out); !done) {
        out.print_error(done.error());
        return daemon->lost() ? ExitCode::unreachable : ExitCode::refused;
    }
    return ExitCode::ok;
}

}  // namespace ferryd
