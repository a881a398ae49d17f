// What a host writes that takes the core alone.
#include <iostream>

#include <lattice/core/version.hpp>

int main() {
    std::cout << "lattice " << lattice::version_string << '\n';
    return lattice::version_string == EXPECTED_VERSION ? 0 : 1;
}
