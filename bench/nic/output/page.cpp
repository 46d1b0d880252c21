#include "output/page.hpp"

namespace ferry::bench {

std::string page_with(std::string_view json)
{
    constexpr std::string_view placeholder = "/*DATA*/null";
    const std::size_t at = page_template.find(placeholder);
    std::string page(page_template.substr(0, at));
    for (std::size_t i = 0; i < json.size(); ++i) {
        page += json[i];
        if (json[i] == '<' && i + 1 < json.size() && json[i + 1] == '/')
            page += '\\';
    }
    page += page_template.substr(at + placeholder.size());
    return page;
}

}  // namespace ferry::bench
