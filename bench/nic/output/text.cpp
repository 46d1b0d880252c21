#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "output/document.hpp"

namespace ferry::bench {
namespace {

/// As wide as a terminal shows it: a byte that goes on with a character does not count.
std::size_t width_of(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string grouped(std::string digits)
{
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    for (std::size_t i = digits.size(); i > first + 3;) {
        i -= 3;
        digits.insert(i, 1, ',');
    }
    return digits;
}

std::string cell_text(const Json& cell)
{
    if (cell.is_null())
        return "-";
    if (cell.is_boolean())
        return cell.get<bool>() ? "yes" : "no";
    if (cell.is_string())
        return cell.get<std::string>();
    const double number = cell.get<double>();
    if (number == std::floor(number) || std::abs(number) >= 1000)
        return grouped(fmt::format("{:.0f}", number));
    return fmt::format("{:.4g}", number);
}

std::string table_text(const Json& table)
{
    std::vector<std::vector<std::string>> rows{table["columns"].get<std::vector<std::string>>()};
    std::vector<bool> numeric(rows[0].size());
    for (const Json& row : table["rows"]) {
        rows.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            rows.back().push_back(cell_text(row[i]));
            numeric[i] = numeric[i] || row[i].is_number();
        }
    }
    std::vector<std::size_t> widths(rows[0].size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    std::string text = table["title"].get<std::string>() + '\n';
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - width_of(row[i]), ' ');
            line += (i == 0 ? "  " : "   ") + (numeric[i] ? space + row[i] : row[i] + space);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

}  // namespace

std::string to_text(const Json& document)
{
    std::string text;
    for (const Json& table : document["tables"])
        text += (text.empty() ? "" : "\n") + table_text(table);
    return text;
}

}  // namespace ferry::bench
