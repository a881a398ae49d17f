# README's code is built and run: readme.py takes it out, each complete program is an executable and a test that
# compares what it prints with the text that README shows, and other C++ blocks are compiled.

set(readme_script "${CMAKE_CURRENT_SOURCE_DIR}/readme.py")
set(readme "${PROJECT_SOURCE_DIR}/README.md")
lattice_add_check(readme_can_fail "${Python3_EXECUTABLE}" "${readme_script}" prove)
if(NOT EXISTS "${readme}")
    return()
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${readme}" "${readme_script}")

set(blocks "${CMAKE_CURRENT_BINARY_DIR}/readme")
execute_process(COMMAND "${Python3_EXECUTABLE}" "${readme_script}" extract "${readme}" "${blocks}"
    COMMAND_ERROR_IS_FATAL ANY)

file(GLOB programs "${blocks}/program_*.cpp")
lattice_buildable(programs ${programs})
foreach(source IN LISTS programs)
    cmake_path(GET source STEM name)
    add_executable(lattice-readme-${name} "${source}")
    lattice_link_required(lattice-readme-${name} "${source}")
    lattice_add_check(readme_${name}
        "${Python3_EXECUTABLE}" "${readme_script}" compare "${blocks}/${name}.txt" $<TARGET_FILE:lattice-readme-${name}>)
endforeach()

file(GLOB fragments "${blocks}/fragment_*.cpp")
lattice_buildable(fragments ${fragments})
foreach(source IN LISTS fragments)
    cmake_path(GET source STEM name)
    add_library(lattice-readme-${name} OBJECT "${source}")
    lattice_link_required(lattice-readme-${name} "${source}")
endforeach()
