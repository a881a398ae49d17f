# The library's targets. A part is an INTERFACE target that adds one dependency to lattice::core; it exists when its
# option LATTICE_WITH_<PART> is
#   ON     the dependency must be found or downloaded, else configuring fails
#   AUTO   the default: it exists when the dependency is found or may be downloaded
#   OFF    it does not exist
# What is in find/<part>.cmake defines the imported target lattice_dependency::<part> from what the machine has; the
# installed package runs the same files, so it carries no path of the machine that built it.
include(GNUInstallDirs)
include(LatticeFetch)

# Warnings in our headers are ours to see and nobody else's: they are system headers to whoever embeds the project.
set(LATTICE_WARNING_GUARD "")
if(NOT PROJECT_IS_TOP_LEVEL)
    set(LATTICE_WARNING_GUARD SYSTEM)
endif()

set(LATTICE_PARTS "")  # the parts that exist, lattice::core aside

function(lattice_add_core)
    add_library(lattice_core INTERFACE)
    add_library(lattice::core ALIAS lattice_core)
    set_target_properties(lattice_core PROPERTIES EXPORT_NAME core)
    target_compile_features(lattice_core INTERFACE cxx_std_20)
    target_include_directories(lattice_core ${LATTICE_WARNING_GUARD} INTERFACE
        "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
        "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endfunction()

# lattice_add_part(<part> [NEEDS <part>...])
function(lattice_add_part part)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "NEEDS")
    string(TOUPPER "${part}" upper)
    set(LATTICE_WITH_${upper} AUTO CACHE STRING "Provide lattice::${part}: AUTO, ON or OFF")
    set_property(CACHE LATTICE_WITH_${upper} PROPERTY STRINGS AUTO ON OFF)
    if(NOT LATTICE_WITH_${upper} AND NOT LATTICE_WITH_${upper} STREQUAL "AUTO")
        return()
    endif()

    foreach(needed IN LISTS arg_NEEDS)
        if(NOT TARGET lattice::${needed})
            _lattice_part_missing(${part} "lattice::${needed} is not available")
            return()
        endif()
    endforeach()
    include("${PROJECT_SOURCE_DIR}/.cmake/find/${part}.cmake")
    if(NOT TARGET lattice_dependency::${part} AND LATTICE_FETCH_DEPENDENCIES)
        lattice_fetch(${part})
    endif()
    if(NOT TARGET lattice_dependency::${part})
        _lattice_part_missing(${part} "its dependency was not found")
        return()
    endif()

    add_library(lattice_${part} INTERFACE)
    add_library(lattice::${part} ALIAS lattice_${part})
    set_target_properties(lattice_${part} PROPERTIES EXPORT_NAME ${part})
    list(TRANSFORM arg_NEEDS PREPEND lattice_)
    target_link_libraries(lattice_${part} INTERFACE lattice_core ${arg_NEEDS} lattice_dependency::${part})
    set(LATTICE_PARTS ${LATTICE_PARTS} ${part} PARENT_SCOPE)
endfunction()

function(_lattice_part_missing part reason)
    string(TOUPPER "${part}" upper)
    if(LATTICE_WITH_${upper} STREQUAL "AUTO")
        message(STATUS "lattice::${part} is left out: ${reason}")
    else()
        message(FATAL_ERROR "LATTICE_WITH_${upper} is ON, but ${reason}")
    endif()
endfunction()

# lattice::lattice links every part that exists.
function(lattice_add_umbrella)
    add_library(lattice_lattice INTERFACE)
    add_library(lattice::lattice ALIAS lattice_lattice)
    set_target_properties(lattice_lattice PROPERTIES EXPORT_NAME lattice)
    set(parts ${LATTICE_PARTS})
    list(TRANSFORM parts PREPEND lattice_)
    target_link_libraries(lattice_lattice INTERFACE lattice_core ${parts})
    string(REPLACE ";" ", " listing "core;${LATTICE_PARTS}")
    message(STATUS "lattice ${PROJECT_VERSION} parts: ${listing}")
endfunction()
