// What the program is doing, for who waits: one line that changes on a terminal, lines elsewhere.
#pragma once

#include <cstdio>
#include <string>

namespace ferry::bench {

class Progress {
public:
    /// Writes to `stream`, which is not closed.
    explicit Progress(std::FILE* stream);
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Something that is under way; on a terminal it takes the place of the last such thing.
    void now(const std::string& text);
    /// A result, which stays.
    void done(const std::string& text);
    void finish();

private:
    std::FILE* stream_;
    bool terminal_;
    bool open_ = false;  ///< a line has no end yet
};

}  // namespace ferry::bench
