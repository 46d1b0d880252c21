# The language, warnings and instruction set that every target of the project shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_compile_options(-march=${FERRY_MARCH})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A compiler that collects its garbage only from a gigabyte on is done a tenth sooner.
  add_compile_options(--param=ggc-min-heapsize=1000000)
endif()
if(FERRY_SANITIZE)
  add_compile_options(-fsanitize=${FERRY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FERRY_SANITIZE})
endif()

# Headers of other projects that many sources include are compiled once for each group of targets. ccache keeps nothing that
# was compiled so unless it is told to overlook differences, so where it is used every source reads its headers itself.
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# Warnings are for ferry's own code: a target asks for them by linking this.
add_library(ferry_warnings INTERFACE)
target_compile_options(ferry_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast)

# In a target whose UNITY_BUILD_MODE is GROUP, the sources of each of these folders are compiled together.
function(ferry_compile_by_folder)
  foreach(folder IN LISTS ARGN)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    set_source_files_properties(${sources} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endfunction()

# For sources that read a command line and start what others do. CLI11's templates take twice as long to optimise.
function(ferry_do_not_optimise)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0)
endfunction()
