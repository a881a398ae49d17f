# Configures, builds and runs one consumer project, from nothing.
file(REMOVE_RECURSE "${WORK}")
set(ENV{PKG_CONFIG_PATH} "${LATTICE_PREFIX}/full/share/pkgconfig:$ENV{PKG_CONFIG_PATH}")

set(entries "")
foreach(entry IN LISTS ENTRIES)
    list(APPEND entries "-D${entry}")
endforeach()
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${WORK}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
    "-DLATTICE_PREFIX=${LATTICE_PREFIX}" "-DEXPECTED_VERSION=${EXPECTED_VERSION}" ${entries} --no-warn-unused-cli
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_CTEST_COMMAND}" --output-on-failure --no-tests=error WORKING_DIRECTORY "${WORK}"
    COMMAND_ERROR_IS_FATAL ANY)
