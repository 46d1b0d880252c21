// The report page of bench/report, which stands in the program.
#pragma once

#include <string>
#include <string_view>

namespace ferry::bench {

/// The template as it was when the program was built.
extern const std::string_view page_template;

/// The page with the JSON document in it, such that no text of it can end the element that it stands in.
std::string page_with(std::string_view json);

}  // namespace ferry::bench
