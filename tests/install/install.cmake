# Installs the build tree's package to LATTICE_PREFIX/full and a package without any part to PREFIX/bare. Both are installed
# elsewhere first and then moved: a package that remembers where it was installed fails its consumers.
file(REMOVE_RECURSE "${LATTICE_PREFIX}" "${LATTICE_PREFIX}.made")

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

run("${CMAKE_COMMAND}" --install "${LATTICE_BINARY}" --prefix "${LATTICE_PREFIX}.made/full")

set(switches "")
foreach(part IN ITEMS ASIO HTTP JSON ZSTD TLS)
    list(APPEND switches -DLATTICE_WITH_${part}=OFF)
endforeach()
foreach(group IN ITEMS TESTS EXAMPLES BENCHMARKS)
    list(APPEND switches -DLATTICE_BUILD_${group}=OFF)
endforeach()
run("${CMAKE_COMMAND}" -S "${LATTICE_SOURCE}" -B "${LATTICE_PREFIX}.made/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" ${switches})
run("${CMAKE_COMMAND}" --install "${LATTICE_PREFIX}.made/build" --prefix "${LATTICE_PREFIX}.made/bare")

file(MAKE_DIRECTORY "${LATTICE_PREFIX}")
file(RENAME "${LATTICE_PREFIX}.made/full" "${LATTICE_PREFIX}/full")
file(RENAME "${LATTICE_PREFIX}.made/bare" "${LATTICE_PREFIX}/bare")
file(REMOVE_RECURSE "${LATTICE_PREFIX}.made")

file(GLOB_RECURSE installed "${LATTICE_PREFIX}/*")
foreach(file IN LISTS installed)
    file(READ "${file}" text)
    string(FIND "${text}" "${LATTICE_SOURCE}" mentions_source)
    string(FIND "${text}" "${LATTICE_PREFIX}.made" mentions_prefix)
    if(NOT mentions_source EQUAL -1 OR NOT mentions_prefix EQUAL -1)
        message(SEND_ERROR "${file} holds a path of the machine that built it")
    endif()
endforeach()
