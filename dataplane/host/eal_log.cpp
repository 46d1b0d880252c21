#include "host/eal_log.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <rte_log.h>
#include <spdlog/spdlog.h>

namespace ferryd {
namespace {

constexpr std::size_t most_complaints = 4;

thread_local std::string* complaints = nullptr;
thread_local std::size_t complaint_count = 0;

void log_line(std::uint32_t level, std::string_view line)
{
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
        line.remove_suffix(1);
    if (line.empty())
        return;
    if (level <= RTE_LOG_WARNING && complaints != nullptr) {
        if (complaint_count++ < most_complaints)
            complaints->append(complaints->empty() ? "" : "; ").append(line);
        level = RTE_LOG_INFO;
    }
    if (level <= RTE_LOG_ERR)
        spdlog::error("DPDK: {}", line);
    else if (level == RTE_LOG_WARNING)
        spdlog::warn("DPDK: {}", line);
    else if (level <= RTE_LOG_INFO)
        spdlog::debug("DPDK: {}", line);
    else
        spdlog::trace("DPDK: {}", line);
}

/// rte_vlog() flushes after each message, so a call brings whole messages of one thread and one level.
ssize_t write_log(void*, const char* text, std::size_t size)
{
    std::string_view left(text, size);
    const auto level = static_cast<std::uint32_t>(rte_log_cur_msg_loglevel());
    while (!left.empty()) {
        const std::size_t end = left.find('\n');
        log_line(level, left.substr(0, end));
        if (end == std::string_view::npos)
            break;
        left.remove_prefix(end + 1);
    }
    return static_cast<ssize_t>(size);
}

}  // namespace

ferry::Expected<std::unique_ptr<EalLog>> EalLog::open()
{
    cookie_io_functions_t functions{};
    functions.write = write_log;
    std::FILE* stream = fopencookie(nullptr, "w", functions);
    if (stream == nullptr)
        return ferry::fail(ferry::ErrorCode::internal, fmt::format("no log stream for DPDK: {}", std::strerror(errno)));
    rte_openlog_stream(stream);
    return std::unique_ptr<EalLog>(new EalLog(stream));
}

EalLog::~EalLog()
{
    rte_openlog_stream(nullptr);
    std::fclose(stream_);
}

EalComplaints::EalComplaints()
{
    complaints = new std::string;
    complaint_count = 0;
}

EalComplaints::~EalComplaints()
{
    delete complaints;
    complaints = nullptr;
}

std::string EalComplaints::text() const
{
    return complaints->empty() ? std::string() : fmt::format(" (DPDK: {})", *complaints);
}

}  // namespace ferryd
