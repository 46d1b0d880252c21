# DPDK as an imported target, ferry_dpdk. Its pkg-config file ends its flags in -march=corei7, which would beat the
# project's own -march, so the flags are taken apart here and that one is left out. So is -include rte_config.h: DPDK's
# headers include it themselves, and where it comes first GCC takes no precompiled header. Only the libraries that ferry
# calls are named; EAL loads the drivers itself, from its plugin folder.
find_package(PkgConfig REQUIRED)
pkg_check_modules(DPDK REQUIRED libdpdk>=22.11)

add_library(ferry_dpdk INTERFACE)
target_include_directories(ferry_dpdk SYSTEM INTERFACE ${DPDK_INCLUDE_DIRS})
foreach(name IN ITEMS vhost ethdev net mbuf mempool hash rcu ring bus_vdev kvargs telemetry log eal)
  find_library(DPDK_${name}_LIBRARY rte_${name} HINTS ${DPDK_LIBRARY_DIRS})
  if(DPDK_${name}_LIBRARY)
    target_link_libraries(ferry_dpdk INTERFACE ${DPDK_${name}_LIBRARY})
  endif()
endforeach()
