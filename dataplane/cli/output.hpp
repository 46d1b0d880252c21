// What ferryctl prints: text for people, or JSON.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <ferry/error.hpp>

namespace ferryd {

using Json = nlohmann::ordered_json;

/// Where a command puts its result.
class Output {
public:
    enum class Form { text, json, pretty_json };
    /// Writes to `out` and, what is for people beside the result, to `err`. Neither is closed.
    Output(Form form, std::FILE* out, std::FILE* err) : form_(form), out_(out), err_(err) {}

    bool json() const noexcept { return form_ != Form::text; }
    /// One JSON value, on a line of its own unless it is to be pretty.
    void print(const Json& value);
    /// Text as it is, and the end of the line.
    void print_line(const std::string& line);
    /// A failure: a JSON object among the results, or a line beside them.
    void print_error(const ferry::Error& error);
    /// A remark for people, beside the results.
    void remark(const std::string& line);

private:
    Form form_;
    std::FILE* out_;
    std::FILE* err_;
};

/// Rows of cells under a heading, each column as wide as its widest cell.
class TextTable {
public:
    enum class Side { left, right };
    struct Column {
        const char* heading;
        Side side = Side::left;
    };
    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
    /// As many cells as columns.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    void print(Output& out) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// "a,b,c", or "-" for nothing.
std::string joined(const std::vector<std::string>& texts);
/// A number with a comma between each three digits.
std::string grouped(std::uint64_t number);

}  // namespace ferryd
