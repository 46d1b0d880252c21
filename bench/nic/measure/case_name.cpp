#include "measure/case_name.hpp"

#include <fmt/format.h>

namespace ferry::bench {

std::string short_number(std::uint32_t number)
{
    if (number != 0 && number % 1'000'000 == 0)
        return fmt::format("{}m", number / 1'000'000);
    if (number != 0 && number % 1'000 == 0)
        return fmt::format("{}k", number / 1'000);
    return std::to_string(number);
}

std::string case_name(const Plan& plan, const FrameSize& size, unsigned cores, std::string_view test)
{
    const char* sides = "ethip4udp";
    std::string function = "l2xcbase";
    if (plan.traffic != Traffic::plain) {
        sides = plan.traffic == Traffic::encap ? "ethip4udp--ethip4vxlan" : "ethip4vxlan--ethip4udp";
        function = "l2bdbase";
        if (plan.segments * std::uint64_t{plan.endpoints} * plan.remotes > 1)
            function = fmt::format("l2bdscale{}l2bd{}mac{}vxlan", short_number(plan.segments),
                                   short_number(plan.endpoints), short_number(plan.remotes));
    }
    return fmt::format("{}-{}c-{}-{}-{}", size.name(), cores, sides, function, test);
}

}  // namespace ferry::bench
