#include "cli/output.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ferryd {

void Output::print(const Json& value)
{
    // Text from elsewhere that is not UTF-8 must not end the program.
    const auto replace = Json::error_handler_t::replace;
    print_line(form_ == Form::pretty_json ? value.dump(4, ' ', false, replace) : value.dump(-1, ' ', false, replace));
}

void Output::print_line(const std::string& line)
{
    std::fputs((line + '\n').c_str(), out_);
    std::fflush(out_);
}

void Output::print_error(const ferry::Error& error)
{
    if (json())
        print({{"error", {{"code", ferry::to_string(error.code)}, {"sentence", error.sentence}}}});
    else
        remark("ferryctl: " + error.sentence);
}

void Output::remark(const std::string& line)
{
    std::fputs((line + '\n').c_str(), err_);
}

void TextTable::print(Output& out) const
{
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = std::char_traits<char>::length(columns_[i].heading);
        for (const auto& row : rows_)
            width = std::max(width, row[i].size());
        widths.push_back(width);
    }
    const auto print_row = [&](const auto& cell) {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const bool left = columns_[i].side == Side::left;
            line += left ? fmt::format("{:<{}}  ", cell(i), widths[i]) : fmt::format("{:>{}}  ", cell(i), widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out.print_line(line);
    };
    print_row([&](std::size_t i) { return std::string(columns_[i].heading); });
    for (const auto& row : rows_)
        print_row([&](std::size_t i) { return row[i]; });
}

std::string joined(const std::vector<std::string>& texts)
{
    return texts.empty() ? "-" : fmt::format("{}", fmt::join(texts, ","));
}

std::string grouped(std::uint64_t number)
{
    std::string digits = std::to_string(number);
    for (std::size_t i = digits.size(); i > 3;) {
        i -= 3;
        digits.insert(i, 1, ',');
    }
    return digits;
}

}  // namespace ferryd
