// Measurements have names as FD.io CSIT would give them.
#include <catch2/catch.hpp>

#include "measure/case_name.hpp"

using namespace ferry::bench;

TEST_CASE("a name tells size, cores, encapsulations, function and test")
{
    Plan plan;
    const FrameSize small = *FrameSize::parse("64"), mix = *FrameSize::parse("IMIX");
    CHECK(case_name(plan, small, 1, "ndrpdr") == "64b-1c-ethip4udp--ethip4vxlan-l2bdbase-ndrpdr");
    plan.traffic = Traffic::decap;
    CHECK(case_name(plan, mix, 2, "latency") == "imix-2c-ethip4vxlan--ethip4udp-l2bdbase-latency");
    plan.traffic = Traffic::plain;
    CHECK(case_name(plan, small, 1, "ndrpdr") == "64b-1c-ethip4udp-l2xcbase-ndrpdr");
}

TEST_CASE("a name tells the scale")
{
    Plan plan;
    plan.endpoints = 1'000'000;
    plan.segments = 1'000;
    plan.remotes = 4'096;
    CHECK(case_name(plan, *FrameSize::parse("64"), 1, "ndrpdr") ==
          "64b-1c-ethip4udp--ethip4vxlan-l2bdscale1kl2bd1mmac4096vxlan-ndrpdr");
}

TEST_CASE("numbers are short where they are round")
{
    CHECK(short_number(1) == "1");
    CHECK(short_number(1'000) == "1k");
    CHECK(short_number(1'024) == "1024");
    CHECK(short_number(10'000'000) == "10m");
}
