// What a host writes that takes the core alone.
#include <iostream>

#include <lattice/lattice.hpp>

int main() {
    lattice::Config config;
    config.node_id = "consumer";
    if (const auto problem = lattice::validate(config)) {
        std::cerr << problem->what() << '\n';
        return 1;
    }
    std::cout << "lattice " << lattice::version_string << '\n';
    return lattice::version_string == EXPECTED_VERSION ? 0 : 1;
}
