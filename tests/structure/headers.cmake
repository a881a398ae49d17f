# Each header compiles alone, with our warnings, and linked to no part but those whose libraries it includes. One
# generated file per header, one object library per set of parts; built by the test, so that usual builds stay short.

function(lattice_header_sources result)
    set(sources "")
    foreach(header IN LISTS ARGN)
        cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE name)
        string(MAKE_C_IDENTIFIER "${name}" name)
        set(source "${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.cpp")
        file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"${header}\"\n#include \"${header}\"  // guarded?\n")
        list(APPEND sources "${source}")
    endforeach()
    set(${result} ${sources} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/*.hpp")
lattice_buildable(headers ${headers})

set(groups "")
foreach(header IN LISTS headers)
    lattice_required_parts(parts "${header}")
    list(SORT parts)
    list(JOIN parts "-" group)
    list(APPEND groups "core-${group}")
    list(APPEND headers_of_core-${group} "${header}")
endforeach()
list(REMOVE_DUPLICATES groups)

add_custom_target(lattice-headers)
foreach(group IN LISTS groups)
    lattice_header_sources(sources ${headers_of_${group}})
    add_library(lattice-headers-${group} OBJECT EXCLUDE_FROM_ALL ${sources})
    lattice_link_required(lattice-headers-${group} ${headers_of_${group}})
    if(NOT MSVC)
        target_compile_options(lattice-headers-${group} PRIVATE -O0 -g0)  # only whether it compiles matters
    endif()
    add_dependencies(lattice-headers lattice-headers-${group})
endforeach()
lattice_add_check(headers_compile_alone "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}" --target lattice-headers)

lattice_header_sources(planted "${CMAKE_CURRENT_SOURCE_DIR}/planted/not_self_contained.hpp")
add_library(lattice-headers-planted OBJECT EXCLUDE_FROM_ALL ${planted})
lattice_link_required(lattice-headers-planted)
lattice_add_check(headers_compile_alone_can_fail
    "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}" --target lattice-headers-planted)
set_tests_properties(structure/headers_compile_alone_can_fail PROPERTIES PASS_REGULAR_EXPRESSION "not_self_contained.hpp:4:[0-9]+: error")

# Both run the build tool in the same tree.
set_tests_properties(structure/headers_compile_alone structure/headers_compile_alone_can_fail PROPERTIES
    RESOURCE_LOCK build_tree PROCESSORS 2 TIMEOUT 1800)
