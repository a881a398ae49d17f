/// Compiles only after somebody else's #include <string>; the check of headers must refuse it.
#pragma once

inline std::string planted() { return {}; }
