// Runs a command of the shell and keeps what it prints.
#pragma once

#include <string>

struct ShellResult {
    int code;
    std::string out;  ///< standard output and standard error
};

ShellResult shell(const std::string& command);
std::string read_text(const std::string& path);
