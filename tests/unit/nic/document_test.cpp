// Results become the document that the page shows, with all that was measured and nothing that was not.
#include <catch2/catch.hpp>

#include <set>

#include "output/document.hpp"
#include "output/page.hpp"

using namespace ferry::bench;

namespace {

Options options()
{
    const char* const words[] = {"ferry-bench", "--port", "net_null0",   "--sizes", "64,imix",
                                 "--name",      "switch", "--endpoints", "1"};
    return *parse_options(9, words).options;
}

TrialResult trial(double rate, std::uint64_t sent, std::uint64_t received)
{
    TrialResult result;
    result.rate = rate;
    result.seconds = 1;
    result.intended = sent + 10;
    result.sent = sent;
    result.sent_bytes = sent * 64;
    result.sequences.received = received;
    for (std::uint64_t i = 1; i <= received; ++i)
        result.latency.add(i * 1000);
    return result;
}

Results all_results()
{
    Results results;
    results.made = "2026-11-26T12:00:00Z";
    results.warnings = {"It is </script> warm."};
    CaseResult one(*FrameSize::parse("64"), Plan{});
    one.highest_rate = 2'000'000;
    one.ndr = FoundRate{0, trial(1'000'000, 1000, 1000)};
    one.pdr = FoundRate{0.005, trial(1'500'000, 1000, 996)};
    one.latency.push_back({50, trial(500'000, 1000, 1000)});
    one.losses.push_back(trial(2'000'000, 1000, 500));
    one.burst = BurstResult{777, false, {trial(0, 777, 777)}};
    one.cycles = 45.5;
    one.searched = 5;
    results.cases.push_back(one);
    results.cases.emplace_back(*FrameSize::parse("imix"), Plan{});
    return results;
}

const Json& find(const Json& list, const char* key, const std::string& value)
{
    for (const Json& one : list)
        if (one.at(key) == value)
            return one;
    FAIL("there is no " << value);
    return list;
}

}  // namespace

TEST_CASE("cases are lines with a name, a unit and the value under the DUT's name")
{
    const Json document = to_document(options(), all_results());
    const Json& ndr = find(document["cases"], "case", "64b-1c-ethip4udp--ethip4vxlan-l2bdbase-ndr");
    CHECK(ndr["unit"] == "frames/s");
    CHECK(ndr["switch"] == 1'000'000);
    CHECK(find(document["cases"], "case", "64b-1c-ethip4udp--ethip4vxlan-l2bdbase-cycles")["switch"] == 45.5);
    CHECK(find(document["cases"], "case", "64b-1c-ethip4udp--ethip4vxlan-l2bdbase-backtoback")["switch"] == 777);
    CHECK(find(document["cases"], "case", "64b-1c-ethip4udp--ethip4vxlan-l2bdbase-latency50pct")["switch"]
              .get<double>() == Approx(990).epsilon(0.01));
}

TEST_CASE("what was not measured is null, or not there")
{
    const Json document = to_document(options(), all_results());
    CHECK(document["cases"].size() == 5);
    CHECK(document["results"][1]["ndr"].is_null());
    CHECK(!document["results"][1].contains("losses"));
    Results nothing;
    const Json empty = to_document(options(), nothing);
    CHECK(empty["tables"].empty());
    CHECK(empty["plots"].size() == 0);
    CHECK(to_text(empty).empty());
}

TEST_CASE("a trial's counts add up in the JSON")
{
    const Json document = to_document(options(), all_results());
    const Json& loss = document["results"][0]["losses"][0];
    CHECK(loss["intended"] == 1010);
    CHECK(loss["unsent"] == 10);
    CHECK(loss["lost"] == 500);
    CHECK(loss["loss"].get<double>() == Approx(510.0 / 1010));
}

TEST_CASE("tables and plots have rows as wide as their heads, and points in pairs")
{
    const Json document = to_document(options(), all_results());
    CHECK(document["tables"].size() == 4);
    CHECK(document["tables"][0]["rows"].size() == 1);  // of the other case nothing was measured
    for (const Json& table : document["tables"])
        for (const Json& row : table["rows"])
            CHECK(row.size() == table["columns"].size());
    std::set<std::string> titles;
    for (const Json& plot : document["plots"]) {
        titles.insert(plot["title"].get<std::string>());
        for (const Json& series : plot["series"]) {
            CHECK(!series["name"].get<std::string>().empty());
            for (const Json& point : series["points"])
                CHECK(point.size() == 2);
        }
    }
    CHECK(titles == std::set<std::string>{"Throughput by frame size, 1 endpoint", "Latency, 64 bytes", "Loss by load"});
}

TEST_CASE("an interruption is said")
{
    Results results = all_results();
    results.interrupted = true;
    CHECK(to_document(options(), results)["warnings"].back().get<std::string>().find("interrupted") !=
          std::string::npos);
}

TEST_CASE("text has each case, its numbers in groups")
{
    const std::string text = to_text(to_document(options(), all_results()));
    CHECK(text.find("64b-1c-ethip4udp--ethip4vxlan-l2bdbase-ndrpdr") != std::string::npos);
    CHECK(text.find("1,000,000") != std::string::npos);
    CHECK(text.find("45.5") != std::string::npos);
}

TEST_CASE("the page holds the document, and no text of it ends its element")
{
    const std::string json = to_document(options(), all_results()).dump();
    const std::string page = page_with(json);
    CHECK(page.find("/*DATA*/") == std::string::npos);
    CHECK(page.find("It is </script> warm") == std::string::npos);
    const std::string begin = "<script type=\"application/json\" id=\"data\">";
    const std::size_t at = page.find(begin) + begin.size();
    const Json back = Json::parse(page.substr(at, page.find("</script>", at) - at));
    CHECK(back == Json::parse(json));
    CHECK(page.find("http://") == page.find("http://www.w3.org/2000/svg"));  // nothing is fetched
    CHECK(page.find("https://") == std::string::npos);
}
