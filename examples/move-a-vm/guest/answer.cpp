// vm-answer: what runs in the guest. It answers every numbered datagram on ports 7001 to 7016, one port a flow, and on
// port 7000 a question about its counts: the text "ID FLOW" gets back one JSON object that repeats ID. Asking changes
// nothing, so a question whose answer was lost is simply asked again. On port 7100 it is one end of TCP streams.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include <poll.h>

#include "answered_flow.hpp"
#include "bulk_streams.hpp"

namespace {

using namespace ferry::demo;

std::string interface_counter(const char* name)
{
    std::ifstream file(std::string("/sys/class/net/eth0/statistics/") + name);
    std::string value;
    return file >> value ? value : "null";
}

// Returns the value of the Udp counter `name` of /proc/net/snmp, whose first Udp line names what the second one counts.
std::string udp_counter(const std::string& name)
{
    std::ifstream file("/proc/net/snmp");
    std::string line;
    std::vector<std::string> names;
    while (std::getline(file, line)) {
        if (!line.starts_with("Udp: "))
            continue;
        std::istringstream words(line);
        std::vector<std::string> row;
        for (std::string word; words >> word;)
            row.push_back(word);
        for (std::size_t i = 0; i < names.size() && i < row.size(); ++i)
            if (names[i] == name)
                return row[i];
        names = row;
    }
    return "null";
}

std::string kernel_report()
{
    std::string text;
    for (const char* name : {"InErrors", "RcvbufErrors", "SndbufErrors", "InCsumErrors"})
        text += (text.empty() ? "\"" : ", \"") + std::string(name) + "\": " + udp_counter(name);
    for (const char* name :
         {"rx_packets", "rx_dropped", "rx_missed_errors", "rx_errors", "tx_packets", "tx_dropped", "tx_errors"})
        text += ", \"" + std::string(name) + "\": " + interface_counter(name);
    return text;
}

void answer_question(const UdpSocket& socket, const std::vector<std::unique_ptr<AnsweredFlow>>& flows,
                     const BulkStreams& streams)
{
    char question[64];
    sockaddr_in asker{};
    socklen_t length = sizeof(asker);
    auto* address = reinterpret_cast<sockaddr*>(&asker);
    const auto bytes = ::recvfrom(socket.fd(), question, sizeof(question) - 1, MSG_DONTWAIT, address, &length);
    if (bytes <= 0)
        return;
    question[bytes] = '\0';
    unsigned id = 0;
    unsigned flow = 0;
    if (std::sscanf(question, "%u %u", &id, &flow) != 2 || flow > flows.size())
        return;
    std::string text = "{\"question\": " + std::to_string(id);
    if (flow > 0)
        text += ", " + flows[flow - 1]->report();
    text += ", \"bulk\": {" + streams.report() + "}, \"kernel\": {" + kernel_report() + "}}\n";
    ::sendto(socket.fd(), text.data(), text.size(), MSG_DONTWAIT, address, length);
}

}  // namespace

int main()
{
    const UdpSocket questions(report_port, 64 << 10);
    std::vector<std::unique_ptr<AnsweredFlow>> flows;
    std::vector<pollfd> waiting{{questions.fd(), POLLIN, 0}};
    BulkStreams streams;
    bool all_open = questions.is_open() && streams.is_open();
    for (std::uint16_t flow = 1; flow <= flow_limit; ++flow) {
        flows.push_back(std::make_unique<AnsweredFlow>(flow));
        all_open = all_open && flows.back()->socket().is_open();
        waiting.push_back({flows.back()->socket().fd(), POLLIN, 0});
    }
    if (!all_open) {
        std::perror("vm-answer: cannot open its sockets");
        return 1;
    }
    std::puts("vm-answer: ready");
    std::fflush(stdout);

    const auto batch = std::make_unique<Batch<payload_limit>>();
    const std::size_t first_of_streams = waiting.size();
    for (;;) {
        waiting.resize(first_of_streams);
        streams.add_to(waiting);
        if (::poll(waiting.data(), waiting.size(), streams.patience_ms()) < 0)
            continue;
        if (waiting[0].revents != 0)
            answer_question(questions, flows, streams);
        for (std::size_t i = 1; i < first_of_streams; ++i)
            if (waiting[i].revents != 0)
                flows[i - 1]->serve(*batch);
        streams.serve(waiting, first_of_streams);
    }
}
