#include "capture.hpp"

#include <pcap/pcap.h>

#include <memory>
#include <stdexcept>

namespace ferry::test {

std::vector<Bytes> read_capture(const std::string& name)
{
    const std::string path = std::string(FERRY_CAPTURES) + "/" + name + ".pcap";
    char error[PCAP_ERRBUF_SIZE] = {};
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> file(pcap_open_offline(path.c_str(), error), &pcap_close);
    if (!file)
        throw std::runtime_error(error);
    if (pcap_datalink(file.get()) != DLT_EN10MB)
        throw std::runtime_error(path + ": not an Ethernet capture");

    std::vector<Bytes> frames;
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    int result;
    while ((result = pcap_next_ex(file.get(), &header, &data)) == 1) {
        if (header->caplen != header->len)
            throw std::runtime_error(path + ": a frame is cut short");
        frames.emplace_back(data, data + header->caplen);
    }
    if (result != PCAP_ERROR_BREAK)
        throw std::runtime_error(path + ": " + pcap_geterr(file.get()));
    if (frames.empty())
        throw std::runtime_error(path + ": no frames");
    return frames;
}

}  // namespace ferry::test
