// The systemd unit, as systemd itself reads it.
#include <catch2/catch.hpp>

#include "shell.hpp"

TEST_CASE("systemd has nothing against the unit")
{
    if (shell("systemd-analyze --version").code != 0) {
        WARN("not checked: there is no systemd-analyze here (package systemd)");
        return;
    }
    // The program is not installed where the unit says.
    const ShellResult result = shell(
        "folder=$(mktemp -d) && sed 's,^ExecStart=[^ ]*,ExecStart=/bin/true,' " FERRY_SERVICE
        " > $folder/ferryd.service && systemd-analyze verify --man=no $folder/ferryd.service; "
        "code=$?; rm -r $folder; exit $code");
    INFO(result.out);
    CHECK(result.code == 0);
    CHECK(result.out.find("ferryd.service") == std::string::npos);
}
