#include "run/progress.hpp"

#include <unistd.h>

namespace ferry::bench {

Progress::Progress(std::FILE* stream) : stream_(stream), terminal_(isatty(fileno(stream)) == 1) {}

void Progress::now(const std::string& text)
{
    std::fprintf(stream_, terminal_ ? "\r\033[K%s" : "%s\n", text.c_str());
    std::fflush(stream_);
    open_ = terminal_;
}

void Progress::done(const std::string& text)
{
    std::fprintf(stream_, "%s%s\n", open_ ? "\r\033[K" : "", text.c_str());
    std::fflush(stream_);
    open_ = false;
}

void Progress::finish()
{
    if (open_)
        std::fputc('\n', stream_);
    open_ = false;
}

}  // namespace ferry::bench
