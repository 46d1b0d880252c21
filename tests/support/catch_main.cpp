// Catch2's own main, in a library of its own: it takes longest of all to compile, and needs no optimisation.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
