# Install rules: headers, the CMake package `lattice` with one component per part, and a pkg-config file for the core.
# Each part has an export file of its own, because loading one fails when its dependency is absent.
include(CMakePackageConfigHelpers)

set(LATTICE_PACKAGE_DIR "${CMAKE_INSTALL_DATADIR}/cmake/lattice")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/lattice" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/.cmake/find" DESTINATION "${LATTICE_PACKAGE_DIR}")

foreach(part IN ITEMS core ${LATTICE_PARTS})
    install(TARGETS lattice_${part} EXPORT lattice-${part})
    install(EXPORT lattice-${part} NAMESPACE lattice:: DESTINATION "${LATTICE_PACKAGE_DIR}")
endforeach()

string(REPLACE ";" " " LATTICE_PARTS_LISTED "${LATTICE_PARTS}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/.cmake/latticeConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/package/latticeConfig.cmake" INSTALL_DESTINATION "${LATTICE_PACKAGE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/latticeConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/package/latticeConfig.cmake"
    "${PROJECT_BINARY_DIR}/package/latticeConfigVersion.cmake"
    DESTINATION "${LATTICE_PACKAGE_DIR}")

# The prefix is relative to the file, so that the installed tree can be moved.
cmake_path(SET pc_dir NORMALIZE "/${CMAKE_INSTALL_DATADIR}/pkgconfig")
cmake_path(RELATIVE_PATH pc_dir BASE_DIRECTORY "/" OUTPUT_VARIABLE pc_relative)
string(REGEX REPLACE "[^/]+" ".." LATTICE_PC_PREFIX "${pc_relative}")
configure_file("${PROJECT_SOURCE_DIR}/.cmake/lattice.pc.in" "${PROJECT_BINARY_DIR}/package/lattice.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/lattice.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
