// The man pages are well formed, and tell of every key and every command that there is.
#include <catch2/catch.hpp>

#include <sstream>

#include "cli/command.hpp"
#include "config/parse.hpp"
#include "shell.hpp"

namespace {

const std::string folder = std::string(FERRY_PACKAGING) + "/";

/// Asks the parser itself which keys a section has.
std::vector<std::string> keys_of(const std::string& header)
{
    const auto result = ferryd::parse_config_text(header + "\nqqqqqqqqqqqq = 1\n", "t");
    REQUIRE(!result);
    for (const ferryd::ConfigError& error : result.error()) {
        const std::string known = "is not a key; known are ";
        if (error.sentence.find(known) != 0)
            continue;
        std::vector<std::string> keys;
        std::istringstream list(error.sentence.substr(known.size()));
        for (std::string key; list >> key;)
            keys.push_back(key.substr(0, key.find(',')));
        return keys;
    }
    FAIL("the parser does not name the keys of " << header);
    return {};
}

/// What stands under a subsection's heading.
std::string subsection(const std::string& page, const std::string& heading)
{
    const std::size_t begin = page.find(".Ss " + heading + "\n");
    if (begin == std::string::npos)
        return {};
    return page.substr(begin, page.find("\n.S", begin + 1) - begin);
}

}  // namespace

TEST_CASE("man pages have no fault that groff would warn of")
{
    if (shell("groff --version").code != 0) {
        WARN("not checked: there is no groff here (package groff-base)");
        return;
    }
    for (const char* page : {"ferryd.8", "ferryctl.8", "ferryd.toml.5", "ferry-test-ca.1", "ferry-bench.8"}) {
        const ShellResult result = shell("groff -mdoc -ww -z -Tutf8 " + folder + page);
        INFO(page);
        CHECK(result.code == 0);
        CHECK(result.out == "");
    }
}

TEST_CASE("ferryd.toml(5) tells of every key, and of none that does not exist")
{
    const std::string page = read_text(folder + "ferryd.toml.5");
    REQUIRE(!page.empty());
    std::size_t told = 0, sections = 0;
    for (const std::string& name : keys_of("")) {
        const bool several =
            ferryd::parse_config_text("[" + name + "]\n", "t").error().back().sentence.find("several times") !=
                std::string::npos ||
            subsection(page, "[" + name + "]").empty();
        const std::string header = several ? "[[" + name + "]]" : "[" + name + "]";
        INFO(header);
        const std::string text = subsection(page, header);
        REQUIRE(!text.empty());
        ++sections;
        for (const std::string& key : keys_of(header)) {
            INFO(key);
            CHECK(text.find("\n.It Cm " + key + "\n") != std::string::npos);
            ++told;
        }
        std::size_t items = 0;
        for (std::size_t at = 0; (at = text.find("\n.It Cm ", at)) != std::string::npos; ++at)
            ++items;
        CHECK(items == keys_of(header).size());
    }
    CHECK(sections == 15);
    for (const std::string& key : keys_of("[[peers.host]]"))
        CHECK(subsection(page, "[[peers.host]]").find("\n.It Cm " + key + "\n") != std::string::npos);
    CHECK(told > 40);
}

TEST_CASE("the example in ferryd.toml(5) is a configuration, but for its files")
{
    const std::string page = read_text(folder + "ferryd.toml.5");
    const std::size_t begin = page.find("\n[host]\n");
    REQUIRE(begin != std::string::npos);
    const auto result = ferryd::parse_config_text(page.substr(begin, page.find("\n.Ed", begin) - begin), "t");
    REQUIRE(!result);
    CHECK(result.error().size() == 3);
    for (const ferryd::ConfigError& error : result.error())
        CHECK(error.sentence.find("cannot be read; give a file in PEM") != std::string::npos);
}

TEST_CASE("ferryctl(8) tells of every command and keyword")
{
    const std::string page = read_text(folder + "ferryctl.8");
    for (const ferryd::Object& object : ferryd::all_objects()) {
        CHECK(page.find(std::string("\n.Ss ") + object.name + ": ") != std::string::npos);
        for (const ferryd::Verb& verb : object.verbs) {
            const std::string name = std::string("Ic ") + object.name + " " + verb.name;
            INFO(name);
            const std::size_t begin = page.find(name);
            REQUIRE(begin != std::string::npos);
            const std::string text = page.substr(begin, page.find("\n.El", begin) - begin);
            for (const ferryd::Keyword& keyword : verb.grammar.keywords) {
                INFO(keyword.name);
                CHECK((text.find(std::string("Cm ") + keyword.name) != std::string::npos ||
                       text.find(std::string("Cm --") + keyword.name) != std::string::npos));
            }
        }
    }
}
