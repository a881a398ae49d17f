#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/transport.hpp>

namespace lattice::inline v0 {

/// Several transports as one: a peer's address says which of them carries a frame, so one node gossips over all of them
/// and bridges between peers that have none in common.
///
///     TransportSet transports;
///     transports.add("http", http);  // http://host:port
///     transports.add("tcp", tcp);    // tcp://host:port
///     GossipProtocol protocol(transports, clock, peers, config, seed);
///
/// The scheme of an address is what stands before its first colon (RFC 3986). A peer whose scheme nobody carries is
/// unreachable. A peer without an address, as the sender of a request may be, is offered to each transport in turn until one
/// can answer it.
///
/// Ownership: the transports are the host's and outlive the set. Threads: all calls on the executor that they share.
class TransportSet {
   public:
    TransportSet() = default;
    TransportSet(const TransportSet&) = delete;
    TransportSet& operator=(const TransportSet&) = delete;

    /// From now on `transport` carries what goes to addresses of that scheme. Only while closed, once per scheme.
    template <Transport T>
    void add(std::string scheme, T& transport) {
        assert(!open_ && "transports are added while the set is closed");
        assert(find(scheme + ":") == nullptr && "one transport carries a scheme");
        members_.push_back(std::make_unique<MemberOf<T>>(std::move(scheme), transport));
    }

    // What every Transport has.

    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        if (Member* member = carrier_of_all(peers)) {
            member->send(frame, peers, statuses);
            return;
        }
        for (std::size_t i = 0; i < peers.size(); ++i) {
            statuses[i] = SendStatus::unreachable;
        }
        for (const auto& member : members_) {
            send_share(*member, frame, peers, statuses);
        }
        for (std::size_t i = 0; i < peers.size(); ++i) {
            if (peers[i].address().empty()) {
                statuses[i] = answer(frame, peers[i]);
            }
        }
    }

    /// Opens all. When one of them throws, none stays open.
    void open(TransportEvents events) {
        const auto shared = std::make_shared<TransportEvents>(std::move(events));
        open_ = true;
        try {
            for (const auto& member : members_) {
                member->open({[shared](const Peer& from, Frame frame) {
                                  return shared->received ? shared->received(from, std::move(frame)) : Receipt{};
                              },
                              [shared](const Peer& peer) {
                                  if (shared->failed) {
                                      shared->failed(peer);
                                  }
                              },
                              [shared](const Message& message) {
                                  if (shared->coming) {
                                      shared->coming(message);
                                  }
                              }});
            }
        } catch (...) {
            close();
            throw;
        }
    }

    /// When all of them are.
    [[nodiscard]] bool reliable() const noexcept {
        for (const auto& member : members_) {
            if (!member->reliable()) {
                return false;
            }
        }
        return true;
    }

    void close() {
        open_ = false;
        for (const auto& member : members_) {
            member->close();
        }
    }

   private:
    /// A transport, its type erased.
    struct Member {
        explicit Member(std::string carried) : scheme(std::move(carried)) {}
        Member(const Member&) = delete;
        Member& operator=(const Member&) = delete;
        virtual ~Member() = default;

        virtual void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) = 0;
        virtual void open(TransportEvents events) = 0;
        virtual void close() = 0;
        [[nodiscard]] virtual bool reliable() const noexcept = 0;

        std::string scheme;
    };

    template <Transport T>
    struct MemberOf final : Member {
        MemberOf(std::string carried, T& the_transport) : Member(std::move(carried)), transport(the_transport) {}

        void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) override {
            transport.send(frame, peers, statuses);
        }
        void open(TransportEvents events) override { transport.open(std::move(events)); }
        void close() override { transport.close(); }
        [[nodiscard]] bool reliable() const noexcept override { return is_reliable(transport); }

        T& transport;
    };

    [[nodiscard]] Member* find(std::string_view address) const noexcept {
        const std::string_view scheme = address.substr(0, address.find(':'));
        for (const auto& member : members_) {
            if (scheme.size() < address.size() && member->scheme == scheme) {
                return member.get();
            }
        }
        return nullptr;
    }

    /// The one transport for all these peers, as is usual; null when there is none.
    [[nodiscard]] Member* carrier_of_all(std::span<const Peer> peers) const noexcept {
        Member* common = peers.empty() ? nullptr : find(peers.front().address());
        for (const Peer& peer : peers) {
            if (find(peer.address()) != common) {
                return nullptr;
            }
        }
        return common;
    }

    /// Hands the member all of its peers at once, so that it encodes once.
    void send_share(Member& member, const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        std::vector<Peer> share;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            if (find(peers[i].address()) == &member) {
                share.push_back(peers[i]);
                places.push_back(i);
            }
        }
        std::vector<SendStatus> said(share.size(), SendStatus::unreachable);
        if (!share.empty()) {
            member.send(frame, share, said);
        }
        for (std::size_t i = 0; i < places.size(); ++i) {
            statuses[places[i]] = said[i];
        }
    }

    SendStatus answer(const Frame& frame, const Peer& peer) {
        for (const auto& member : members_) {
            SendStatus status = SendStatus::unreachable;
            member->send(frame, std::span(&peer, 1), std::span(&status, 1));
            if (status != SendStatus::unreachable) {
                return status;
            }
        }
        return SendStatus::unreachable;
    }

    std::vector<std::unique_ptr<Member>> members_;
    bool open_{false};
};
static_assert(Transport<TransportSet>);

}  // namespace lattice::inline v0
