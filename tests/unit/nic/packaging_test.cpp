// The man page and bash tell of every option that ferry-bench has, and of no other.
#include <catch2/catch.hpp>

#include <regex>
#include <set>
#include <sstream>

#include "options.hpp"
#include "shell.hpp"

namespace {

using Names = std::set<std::string>;

Names found(const std::string& text, const std::string& pattern)
{
    const std::regex regex(pattern);
    Names names;
    for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
        names.insert((*it)[1]);
    return names;
}

Names options()
{
    const char* const words[] = {"ferry-bench", "--help"};
    std::string help = ferry::bench::parse_options(2, words).text;
    return found(help.substr(0, help.find("Ports are")), "(?:^|\n)  (?:-\\w,)?--([a-z-]+)");
}

}  // namespace

TEST_CASE("the man page tells of every option")
{
    CHECK(options().size() > 30);
    CHECK(found(read_text(std::string(FERRY_PACKAGING) + "/ferry-bench.8"), "Fl Fl ([a-z-]+)") == options());
}

TEST_CASE("bash offers every option, and what may follow some")
{
    const std::string completion = std::string(FERRY_PACKAGING) + "/completion/ferry-bench";
    const auto offered = [&](const std::string& words) {
        const ShellResult result =
            shell("bash -c '. " + completion + "; COMP_WORDS=(ferry-bench " + words +
                  "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ferry-bench; echo \"${COMPREPLY[@]}\"'");
        CHECK(result.code == 0);
        return result.out;
    };
    CHECK(found(offered("--"), "--([a-z-]+)") == options());
    CHECK(offered("--dut \"\"") == "none ferry io\n");
    CHECK(offered("--traffic d") == "decap\n");
}
