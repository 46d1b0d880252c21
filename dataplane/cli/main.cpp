// ferryctl: asks ferryd, in the manner of ip(8) and bridge(8).
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/run.hpp"
#include "rpc/client.hpp"
#include "rpc/grpc_log.hpp"

namespace {

/// CLI11's help but for the usage, whose words it does not know.
class Help : public CLI::Formatter {
public:
    std::string make_usage(const CLI::App*, std::string) const override
    {
        return "Usage: ferryctl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]\n";
    }
};

std::string footer()
{
    std::string text = "Objects:\n";
    for (const ferryd::Object& object : ferryd::all_objects()) {
        text += fmt::format("  {:<7} ", object.name);
        for (const ferryd::Verb& verb : object.verbs)
            text += fmt::format("{}{}", &verb == object.verbs.data() ? "" : "|",
                                *verb.name != '\0' ? verb.name : verb.synopsis);
        text += fmt::format("\n          {}\n", object.summary);
    }
    return text + "\nObjects and commands may be shortened as long as they are told apart: ferryctl f s\n"
                  "ferryctl OBJECT --help says more of one, ferryctl OBJECT COMMAND --help of one of its commands.\n"
                  "\nExamples:\n"
                  "  ferryctl fdb show vni 100\n"
                  "  ferryctl fdb replace 52:54:00:00:00:09 vni 100 vtep 172.16.0.2\n"
                  "  ferryctl -j -p port show\n"
                  "  ferryctl stats show drops\n"
                  "\nExit codes: 0 done, 1 not understood, 2 refused by ferryd, 3 ferryd cannot be reached.\n";
}

/// Takes the options that stand among or after the words out of them.
void take_late_options(std::vector<std::string>& words, bool& json, bool& pretty)
{
    const auto take = [&](std::initializer_list<const char*> names, bool& flag) {
        const auto is_one = [&](const std::string& word) {
            return std::find(names.begin(), names.end(), word) != names.end();
        };
        const auto end = std::remove_if(words.begin(), words.end(), is_one);
        flag = flag || end != words.end();
        words.erase(end, words.end());
    };
    take({"-j", "--json"}, json);
    take({"-p", "--pretty"}, pretty);
}

}  // namespace

int main(int count, char** values)
{
    CLI::App app("Shows and changes what ferryd forwards.", "ferryctl");
    std::string socket = "/run/ferry/ferryd.sock";
    bool json = false, pretty = false;
    app.add_option("-s,--socket", socket, "The Unix socket of ferryd's API")
        ->envname("FERRY_SOCKET")
        ->capture_default_str();
    app.add_flag("-j,--json", json, "Print JSON");
    app.add_flag("-p,--pretty", pretty, "Print JSON over several lines");
    app.set_version_flag("-V,--version", "ferryctl " FERRY_VERSION, "Print the version");
    app.set_help_flag("-h,--help", "Print this help");
    app.formatter(std::make_shared<Help>());
    app.footer(footer());
    app.prefix_command();
    using Form = ferryd::Output::Form;
    try {
        app.parse(count, values);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return app.exit(error);
        const bool wants_json = std::any_of(values, values + count, [](const std::string& word) {
            return word == "-j" || word == "--json" || word == "-jp";
        });
        ferryd::Output(wants_json ? Form::json : Form::text, stdout, stderr)
            .print_error(
                {ferry::ErrorCode::invalid_argument, fmt::format("{}; ferryctl --help says more", error.what())});
        return static_cast<int>(ferryd::ExitCode::usage);
    }

    std::vector<std::string> words = app.remaining();
    take_late_options(words, json, pretty);
    ferryd::Output out(json ? pretty ? Form::pretty_json : Form::json : Form::text, stdout, stderr);
    ferryd::take_grpc_log([](const std::string&) {});  // what fails is said in ferryctl's own words
    std::unique_ptr<ferryd::Client> client;
    const auto connect = [&] {
        return ferryd::Client::connect(socket).map([&](std::unique_ptr<ferryd::Client> made) {
            client = std::move(made);
            return ferryd::Daemon{client.get(), [&] { return client->lost(); }};
        });
    };
    return static_cast<int>(ferryd::run_words(std::move(words), out, connect));
}
