# What holds for a project that embeds the sources, whichever way it got them. To be included where they were added.

# Nothing of ours beside the library: no tests, no switches thrown for the host, no warnings out of our headers.
if(DEFINED BUILD_TESTING OR DEFINED CMAKE_CXX_STANDARD OR NOT CMAKE_CXX_FLAGS STREQUAL host_flags)
    message(FATAL_ERROR "embedding changed a setting of the host")
endif()
foreach(option IN ITEMS LATTICE_BUILD_TESTS LATTICE_BUILD_EXAMPLES LATTICE_BUILD_BENCHMARKS LATTICE_INSTALL)
    if(${option})
        message(FATAL_ERROR "${option} is on in an embedded project")
    endif()
endforeach()

add_executable(core ../source/core.cpp)
target_compile_definitions(core PRIVATE "EXPECTED_VERSION=\"${EXPECTED_VERSION}\"")
target_compile_options(core PRIVATE -Wall -Wextra -Wold-style-cast -Wsign-conversion -Weffc++ -Werror)
target_link_libraries(core PRIVATE lattice::core)
add_test(NAME core COMMAND core)

add_executable(parts ../source/parts.cpp)
target_link_libraries(parts PRIVATE lattice::lattice)
foreach(part IN ITEMS asio http json zstd tls)
    if(TARGET lattice::${part})
        string(TOUPPER "${part}" upper)
        target_compile_definitions(parts PRIVATE HAS_${upper})
    endif()
endforeach()
add_test(NAME parts COMMAND parts)
