// What the machine that moves endpoints has to say: to other hosts, to the books, to the log.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

namespace move = ferry::move;

namespace {

/// Messages that go to a host together.
constexpr std::size_t messages_at_a_time = 32;

}  // namespace

std::string text_of(const move::Key& key)
{
    return fmt::format("{} in VNI {}", key.mac.to_string(), key.vni.value());
}

/// A few at a time, so that the first of many need not wait for the last.
void Controller::Impl::act(const move::Send& wanted)
{
    std::vector<move::Message>& messages = moves->outgoing[wanted.to];
    messages.push_back(wanted.message);
    if (messages.size() >= messages_at_a_time)
        send_what_waits(wanted.to, messages);
}

void Controller::Impl::send_what_waits()
{
    for (auto& [to, messages] : moves->outgoing)
        send_what_waits(to, messages);
    moves->outgoing.clear();
}

void Controller::Impl::send_what_waits(move::Host to, std::vector<move::Message>& messages)
{
    if (messenger != nullptr && !messages.empty())
        messenger->send_all(to, messages, moves->way);
    messages.clear();
}

void Controller::Impl::act(const move::Note& wanted)
{
    moves->book.note(wanted.key, wanted.entry);
    moves->unlogged.push_back(wanted);
}

/// Behind all else: a line takes as long as a message.
void Controller::Impl::log_what_happened()
{
    for (const auto& [key, entry] : moves->unlogged) {
        switch (entry.phase) {
        case move::Phase::hold_expired:
            spdlog::info("{}: nobody claimed it; what had been docked is dropped", text_of(key));
            break;
        case move::Phase::taken:
        case move::Phase::late_grant:
        case move::Phase::conflict:
        case move::Phase::refused:
        case move::Phase::turned_alone:
        case move::Phase::never_turned:
            spdlog::warn("{}: {} ({})", text_of(key), move::name_of(entry.phase), entry.host.to_string());
            break;
        default: spdlog::info("{}: {} ({}, {})", text_of(key), move::name_of(entry.phase), entry.host.to_string(), entry.count);
        }
    }
    moves->unlogged.clear();
}

}  // namespace ferryd
