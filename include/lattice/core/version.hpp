/// The version of the library, for the preprocessor and for the compiler.
///
/// CMake reads the three macros from this file, so they are written nowhere else. Before 1.0 a new minor version may
/// change the interface; the inline namespace (`lattice::v0`) keeps two major versions apart in one program.
#pragma once

#include <string_view>

#define LATTICE_VERSION_MAJOR 0
#define LATTICE_VERSION_MINOR 1
#define LATTICE_VERSION_PATCH 0

/// The version as text, for instance "0.1.0"; the two helpers exist because only a macro's argument can become text.
#define LATTICE_VERSION_TEXT_(major, minor, patch) #major "." #minor "." #patch
#define LATTICE_VERSION_TEXT(major, minor, patch) LATTICE_VERSION_TEXT_(major, minor, patch)
#define LATTICE_VERSION_STRING LATTICE_VERSION_TEXT(LATTICE_VERSION_MAJOR, LATTICE_VERSION_MINOR, LATTICE_VERSION_PATCH)

namespace lattice::inline v0 {

inline constexpr int version_major = LATTICE_VERSION_MAJOR;
inline constexpr int version_minor = LATTICE_VERSION_MINOR;
inline constexpr int version_patch = LATTICE_VERSION_PATCH;
inline constexpr std::string_view version_string = LATTICE_VERSION_STRING;

}  // namespace lattice::inline v0
