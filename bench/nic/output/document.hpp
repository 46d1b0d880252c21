// Results as the JSON document that the report page shows (bench/report/README.md), and as text.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "options.hpp"
#include "run/results.hpp"

namespace ferry::bench {

using Json = nlohmann::ordered_json;

/// The page's document. Beside it, under "results", all that was counted in each trial.
Json to_document(const Options& options, const Results& results);

/// The document's tables and warnings for a terminal.
std::string to_text(const Json& document);

}  // namespace ferry::bench
