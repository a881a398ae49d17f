// A node for the broadcast workload of Maelstrom (https://github.com/jepsen-io/maelstrom), and an example of a host that
// brings everything of its own: its Transport, Clock and PeerSource are the other files of this folder.
//
//     maelstrom test -w broadcast --bin lattice-maelstrom --node-count 25 --time-limit 20 --rate 100 --latency 100

#include <csignal>
#include <exception>
#include <iostream>
#include <string_view>

#include "event_loop.hpp"
#include "node.hpp"

int main() {
    std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone ends the program with a sentence
    try {
        EventLoop loop;
        BroadcastNode node(loop);
        loop.run([&node](std::string_view line) { node.take(line); });
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "lattice-maelstrom: " << error.what() << '\n';
        return 1;
    }
}
