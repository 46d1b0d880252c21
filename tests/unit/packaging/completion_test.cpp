// What bash offers for ferryctl and ferryd is what they know.
#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

#include "cli/command.hpp"
#include "shell.hpp"

namespace {

/// What bash would offer after the words, with the last one just begun.
std::vector<std::string> offered(const std::string& program, const std::string& words)
{
    const std::string file = std::string(FERRY_PACKAGING) + "/completion/" + program;
    // The daemon, if there is one, is not asked.
    const ShellResult result = shell("bash -c 'ferryctl() { return 3; }; . " + file + "; COMP_WORDS=(" + program + " " +
                                     words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _" + program +
                                     "; printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
    CHECK(result.code == 0);
    std::vector<std::string> all;
    std::istringstream lines(result.out);
    for (std::string line; lines >> line;)
        all.push_back(line);
    return all;
}

bool has(const std::vector<std::string>& all, const std::string& one)
{
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

TEST_CASE("every object, command and keyword is offered")
{
    const auto objects = offered("ferryctl", "\"\"");
    for (const ferryd::Object& object : ferryd::all_objects()) {
        INFO(object.name);
        CHECK(has(objects, object.name));
        const auto verbs = offered("ferryctl", std::string(object.name) + " \"\"");
        if (*object.verbs.front().name == '\0') {
            CHECK(verbs == std::vector<std::string>{"help"});  // and the ports that ferryd knows
            continue;
        }
        CHECK(verbs.size() == object.verbs.size() + 1);  // and help
        for (const ferryd::Verb& verb : object.verbs) {
            INFO(verb.name);
            CHECK(has(verbs, verb.name));
            if (verb.grammar.keywords.empty())
                continue;
            std::string words = std::string(object.name) + " " + verb.name + " ";
            for (std::size_t i = 0; i < verb.grammar.positionals.size(); ++i)
                words += "x ";
            const auto keywords = offered("ferryctl", words + "\"\"");
            for (const ferryd::Keyword& keyword : verb.grammar.keywords) {
                INFO(keyword.name);
                CHECK((has(keywords, keyword.name) || has(keywords, std::string("--") + keyword.name)));
            }
        }
    }
}

TEST_CASE("what has been begun is completed, options in front notwithstanding")
{
    CHECK(offered("ferryctl", "-j f") == std::vector<std::string>{"fdb"});
    CHECK(offered("ferryctl", "--socket /s fdb re") == std::vector<std::string>{"replace"});
    CHECK(offered("ferryctl", "--js") == std::vector<std::string>{"--json"});
    CHECK(offered("ferryctl", "vni add 1 learning o") == std::vector<std::string>{"on", "off"});
    CHECK(offered("ferryd", "--ch") == std::vector<std::string>{"--check"});
}

TEST_CASE("names that ferryd knows are offered")
{
    const std::string file = std::string(FERRY_PACKAGING) + "/completion/ferryctl";
    const ShellResult result =
        shell("bash -c 'ferryctl() { echo "
              "\"[{\\\"name\\\":\\\"vm0\\\",\\\"vni\\\":100},{\\\"name\\\":\\\"vm1\\\",\\\"vni\\\":7}]\"; }; . " +
              file +
              "; COMP_WORDS=(ferryctl port del \"\"); COMP_CWORD=3; _ferryctl; echo \"${COMPREPLY[@]}\"; "
              "COMP_WORDS=(ferryctl fdb show vni \"\"); COMP_CWORD=4; _ferryctl; echo \"${COMPREPLY[@]}\"'");
    CHECK(result.out == "vm0 vm1\n100 7\n");
}
