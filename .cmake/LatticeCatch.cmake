# Catch2 as Catch2::Catch2WithMain, with catch_discover_tests: version 3, else 2.13, else a download of version 3.
# Each version needs a call of its own, because a package of one does not satisfy a request for the other.
find_package(Catch2 3 QUIET CONFIG)
if(NOT Catch2_FOUND)
    find_package(Catch2 2.13 QUIET CONFIG)
endif()
if(NOT TARGET Catch2::Catch2WithMain AND LATTICE_FETCH_DEPENDENCIES)
    include(FetchContent)
    FetchContent_Declare(Catch2
        URL https://github.com/catchorg/Catch2/archive/refs/tags/v3.8.1.tar.gz
        URL_HASH SHA256=18b3f70ac80fccc340d8c6ff0f339b2ae64944782f8d2fca2bd705cf47cadb79)
    FetchContent_MakeAvailable(Catch2)
    list(APPEND CMAKE_MODULE_PATH "${Catch2_SOURCE_DIR}/extras")
endif()
if(NOT TARGET Catch2::Catch2WithMain)
    message(FATAL_ERROR "The tests need Catch2 (Debian: catch2). -DLATTICE_BUILD_TESTS=OFF leaves them out.")
endif()
include(Catch)
