# Downloads of dependencies, each pinned to a release. Only the parts that cannot be had without their dependency and
# that are header-only are fetched; zstd and OpenSSL come from the machine or not at all.
include(FetchContent)

function(lattice_fetch part)
    if(COMMAND _lattice_fetch_${part})
        message(STATUS "lattice: downloading the dependency of lattice::${part} "
            "(-DLATTICE_FETCH_DEPENDENCIES=OFF leaves the part out instead)")
        cmake_language(CALL _lattice_fetch_${part})
    endif()
endfunction()

# Asio has no CMake project of its own, and its headers moved from asio/include to include in 1.38.
function(_lattice_fetch_asio)
    FetchContent_Declare(asio
        URL https://github.com/chriskohlhoff/asio/archive/refs/tags/asio-1-30-2.tar.gz
        URL_HASH SHA256=755bd7f85a4b269c67ae0ea254907c078d408cce8e1a352ad2ed664d233780e8
        SOURCE_SUBDIR none)
    FetchContent_MakeAvailable(asio)
    find_path(LATTICE_ASIO_INCLUDE_DIR NAMES asio/awaitable.hpp
        PATHS "${asio_SOURCE_DIR}/asio/include" "${asio_SOURCE_DIR}/include" NO_DEFAULT_PATH)
    include("${PROJECT_SOURCE_DIR}/.cmake/find/asio.cmake")
endfunction()

function(_lattice_fetch_json)
    set(JSON_BuildTests OFF CACHE INTERNAL "")
    set(JSON_Install OFF CACHE INTERNAL "")
    set(JSON_SystemInclude ON CACHE INTERNAL "")
    FetchContent_Declare(nlohmann_json
        URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
        URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
    FetchContent_MakeAvailable(nlohmann_json)
    include("${PROJECT_SOURCE_DIR}/.cmake/find/json.cmake")
endfunction()

function(_lattice_fetch_http)
    foreach(library IN ITEMS OPENSSL ZLIB BROTLI ZSTD)
        set(HTTPLIB_USE_${library}_IF_AVAILABLE OFF CACHE INTERNAL "")
    endforeach()
    set(HTTPLIB_INSTALL OFF CACHE INTERNAL "")
    FetchContent_Declare(httplib
        GIT_REPOSITORY https://github.com/yhirose/cpp-httplib.git
        GIT_TAG v0.53.1
        GIT_SHALLOW TRUE)
    FetchContent_MakeAvailable(httplib)
    include("${PROJECT_SOURCE_DIR}/.cmake/find/http.cmake")
endfunction()
