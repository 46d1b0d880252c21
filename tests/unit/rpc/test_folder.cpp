#include "test_folder.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace ferryd {

TestFolder::TestFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "ferry-unit-rpc-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no folder for the test");
    path_ = name;
}

TestFolder::~TestFolder()
{
    std::error_code error;
    std::filesystem::remove_all(path_, error);
}

std::string free_address()
{
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    if (bind(probe, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error("no free port");
    close(probe);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

}  // namespace ferryd
