// The command line is understood, or refused with what to do.
#include <catch2/catch.hpp>

#include <sstream>

#include "options.hpp"

using namespace ferry::bench;

namespace {

Parsed parsed(const std::string& line)
{
    std::vector<std::string> words{"ferry-bench"};
    std::istringstream in(line);
    for (std::string word; in >> word;)
        words.push_back(word);
    std::vector<const char*> argv;
    for (const std::string& word : words)
        argv.push_back(word.c_str());
    return parse_options(static_cast<int>(argv.size()), argv.data());
}

const std::string two_ports = "--port 0000:3b:00.0 --port net_memif0,role=server,socket=/run/a ";

}  // namespace

TEST_CASE("two ports are enough")
{
    const Parsed result = parsed(two_ports);
    INFO(result.text);
    REQUIRE(result.options);
    CHECK(result.options->ports == std::vector<std::string>{"0000:3b:00.0", "net_memif0,role=server,socket=/run/a"});
    CHECK(result.options->plan.traffic == Traffic::encap);
    CHECK(result.options->dut == Dut::none);
    CHECK(result.options->tests.throughput);
    CHECK(result.options->tests.burst);
    CHECK(result.options->sizes.size() == 5);
    CHECK(result.options->partial_loss == Approx(0.005));
    CHECK(result.options->name == "dut");
}

TEST_CASE("what is said is taken")
{
    const Parsed result =
        parsed(two_ports +
               "--dut ferry --traffic decap --sizes 64,9000,IMIX --endpoints 1k,10k,1m --segments 100 --remotes 4096 "
               "--flows 2m --duration 60 --pdr 0.1 --precision 1 --max-rate 10m --threads 2 --cpus 2,3,4 --vni 5000 "
               "--vtep 10.0.0.1 --remote 10.1.0.1 --tests latency --remote-mac 02:00:00:00:00:99");
    INFO(result.text);
    REQUIRE(result.options);
    const Options& options = *result.options;
    CHECK(options.dut == Dut::ferry);
    CHECK(options.name == "ferry");
    CHECK(options.plan.traffic == Traffic::decap);
    CHECK(options.endpoints == std::vector<std::uint32_t>{1'000, 10'000, 1'000'000});
    CHECK(options.plan.segments == 100);
    CHECK(options.plan.remotes == 4096);
    CHECK(options.flows == 2'000'000);
    CHECK(options.partial_loss == Approx(0.001));
    CHECK(options.highest_rate == 10'000'000);
    CHECK(options.cpus == std::vector<unsigned>{2, 3, 4});
    CHECK(options.plan.first_vni.value() == 5000);
    CHECK(options.plan.vtep.to_string() == "10.0.0.1");
    CHECK(options.remote_mac_given);
    CHECK(!options.vtep_mac_given);
    CHECK(options.tests.throughput);  // latency is measured at parts of it
    CHECK(!options.tests.loss);
    CHECK(options.largest_frame() == 9000 - 4 + 50);
}

TEST_CASE("what cannot be is refused, with a word on what to do")
{
    const std::pair<const char*, const char*> faults[] = {
        {"", "one or two --port"},
        {"--port a --port b --port c", "one or two --port"},
        {"--port a --port a", "name it once"},
        {"--port a --dut ferry", "two ports"},
        {"--port a --dut vpp", "vpp"},
        {"--port a --port b --dut ferry --traffic plain", "--dut io"},
        {"--port a --port b --dut io", "--traffic plain"},
        {"--port a --sizes 63", "from 64 to 9216"},
        {"--port a --endpoints 0", "no number"},
        {"--port a --endpoints 20m", "more than 16777216"},
        {"--port a --endpoints 10 --segments 11", "--segments"},
        {"--port a --flows x", "no number"},
        {"--port a --flows 20m", "--flows"},
        {"--port a --vni 16777215 --segments 2", "24 bits"},
        {"--port a --vtep 1.2.3", "no address"},
        {"--port a --vtep 172.16.0.5", "one of the 64 remotes"},
        {"--port a --remote 255.255.255.254", "there are no 64 addresses"},
        {"--port a --endpoint-mac x", "no address"},
        {"--port a --tests throughput,fun", "throughput, latency, loss and burst"},
        {"--port a --cpus 1,2", "1 are needed"},
        {"--port a --duration 0", "--duration"},
        {"--port a --threads 3", "--threads"},
        {"--port a --nonsense", "--nonsense"},
    };
    for (const auto& [line, said] : faults) {
        const Parsed result = parsed(line);
        INFO(line << ": " << result.text);
        CHECK(!result.options);
        CHECK(result.exit_code == 2);
        CHECK(result.text.find(said) != std::string::npos);
        CHECK(result.text.find("ferry-bench: ") == 0);
        CHECK(std::count(result.text.begin(), result.text.end(), '\n') == 1);
    }
}

TEST_CASE("help is no fault")
{
    const Parsed result = parsed("--help");
    CHECK(!result.options);
    CHECK(result.exit_code == 0);
    CHECK(result.text.find("--dut") != std::string::npos);
    CHECK(parsed("--version").text.find("ferry-bench ") == 0);
}

TEST_CASE("counts may have a unit")
{
    CHECK(parse_count("1") == 1u);
    CHECK(parse_count("10k") == 10'000u);
    CHECK(parse_count("10M") == 10'000'000u);
    for (const char* text : {"", "0", "0k", "k", "1kk", "1.5k", "-1", "5000m", "99999999999999999999"})
        CHECK(!parse_count(text));
}
