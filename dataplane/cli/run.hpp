// One call of ferryctl from its words to its exit code, without knowing how ferryd is reached.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace ferryd {

/// What ferryctl's exit codes mean.
enum class ExitCode {
    ok = 0,
    usage = 1,        ///< the words are not understood
    refused = 2,      ///< ferryd said no
    unreachable = 3,  ///< nobody said anything
};

/// A way to ask ferryd.
struct Daemon {
    ControlApi* api;
    std::function<bool()> lost;  ///< whether the failure of the last call was the connection's
};

/// Runs `words`: OBJECT [VERB] [ARGUMENTS], or a request for help. `connect` is called once the words are understood.
ExitCode run_words(std::vector<std::string> words, Output& out, const std::function<Expected<Daemon>()>& connect);

}  // namespace ferryd
