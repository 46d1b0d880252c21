// Whatever the text, the answer is a configuration or faults with places that are in it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>

#include "config/parse.hpp"

namespace {

const std::string good =
    "[host]\nname = \"S\"\nvtep = \"172.16.0.1\"\nentropy_ports = [50000, 50999]\n[dpdk]\nmemory_mb = 128\n"
    "[workers]\ncount = 1\ncpus = [0]\n[api]\nmode = \"0600\"\n[underlay]\ndevice = \"net_null0\"\n"
    "[[vtep]]\naddress = \"172.16.0.3\"\nmac = \"02:00:00:00:00:03\"\n[[segment]]\nvni = 100\n"
    "flood = [\"172.16.0.3\"]\n[[fdb]]\nvni = 100\nmac = \"52:54:00:00:00:09\"\nvtep = \"172.16.0.3\"\n"
    "[[port]]\nname = \"vm0\"\nvni = 100\nmacs = [\"52:54:00:00:00:01\"]\nvhost_user = \"/run/vm0.sock\"\n"
    "[peers]\nlisten = \"172.16.0.1:4790\"\nhosts = [\"172.16.0.2:4790\"]\ninsecure = true\n";

/// True when it was a configuration. Checks what must hold of faults.
bool parse(const std::string& text)
{
    const auto result = ferryd::parse_config_text(text, "t");
    if (result)
        return true;
    REQUIRE(!result.error().empty());
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const ferryd::ConfigError& error : result.error()) {
        CHECK(error.line <= lines);
        CHECK(!error.sentence.empty());
        const std::string shown = error.to_string();
        CHECK(std::none_of(shown.begin(), shown.end(), [](char c) { return c >= '\0' && c < ' '; }));
    }
    return false;
}

}  // namespace

TEST_CASE("text cut anywhere")
{
    CHECK(parse(good));
    int configurations = 0;
    for (std::size_t length = 0; length < good.size(); ++length)
        configurations += parse(good.substr(0, length));
    CHECK(configurations > 0);
}

TEST_CASE("bytes changed at random")
{
    std::mt19937 random(7);
    const std::string pool = "[]{}=.,'\"#\\\n\t 019afxz-_\xff\xc3\x28\x01" + std::string(1, '\0');
    int faulty = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = good;
        for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
            const std::size_t at = random() % text.size();
            const char c = pool[random() % pool.size()];
            switch (random() % 3) {
            case 0: text[at] = c; break;
            case 1: text.insert(at, 1, c); break;
            default: text.erase(at, 1 + random() % 8); break;
            }
        }
        faulty += !parse(text);
    }
    CHECK(faulty > 1000);
}

TEST_CASE("lines in any order and number")
{
    std::mt19937 random(11);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < good.size();) {
        const std::size_t end = good.find('\n', at) + 1;
        lines.push_back(good.substr(at, end - at));
        at = end;
    }
    int faulty = 0;
    for (int round = 0; round < 1000; ++round) {
        std::string text;
        for (unsigned i = 0; i < 40; ++i)
            text += lines[random() % lines.size()];
        faulty += !parse(text);
    }
    CHECK(faulty > 900);
}
