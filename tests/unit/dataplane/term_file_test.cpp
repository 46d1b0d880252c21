// The term survives restarts, only rises, and a file that holds none is a fault.
#include "host/term_file.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

using ferryd::TermFile;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "ferry-term-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

std::string text_of(const std::filesystem::path& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a term is found again, in a folder that is made where it is missing")
{
    const Folder folder;
    const auto state = folder.path / "lib" / "ferry";
    {
        const auto term = TermFile::open(state);
        REQUIRE(term);
        CHECK((*term)->term() == 0);
        REQUIRE((*term)->keep(7));
        CHECK((*term)->term() == 7);
        REQUIRE((*term)->keep(0xffff'ffff'ffff'fffe));
    }
    const auto again = TermFile::open(state);
    REQUIRE(again);
    CHECK((*again)->term() == 0xffff'ffff'ffff'fffe);
    CHECK(text_of(state / "term") == "18446744073709551614\n");
    CHECK(std::distance(std::filesystem::directory_iterator(state), {}) == 1);  // nothing half written beside it
}

TEST_CASE("a lower term changes nothing")
{
    const Folder folder;
    const auto term = TermFile::open(folder.path).value();
    REQUIRE(term->keep(9));
    REQUIRE(term->keep(8));
    CHECK(term->term() == 9);
    CHECK(TermFile::open(folder.path).value()->term() == 9);
}

TEST_CASE("a file that holds no term is a fault that says what to do")
{
    const Folder folder;
    for (const char* text : {"\n", "seven\n", "7 8\n", "-1\n", "18446744073709551616\n"}) {
        INFO(text);
        std::ofstream(folder.path / "term") << text;
        const auto term = TermFile::open(folder.path);
        REQUIRE(!term);
        CHECK(term.error().code == ferry::ErrorCode::invalid_argument);
        CHECK(term.error().sentence.find((folder.path / "term").string() + " holds no term") == 0);
    }
    std::ofstream(folder.path / "term") << "";
    CHECK(!TermFile::open(folder.path));
}

TEST_CASE("a folder that cannot be is a fault, and a term that cannot be written leaves the old one")
{
    const Folder folder;
    std::ofstream(folder.path / "file") << "";
    const auto nowhere = TermFile::open(folder.path / "file" / "state");
    REQUIRE(!nowhere);
    CHECK(nowhere.error().code == ferry::ErrorCode::unavailable);

    const auto term = TermFile::open(folder.path).value();
    REQUIRE(term->keep(5));
    std::filesystem::create_directory(folder.path / "term.new");
    const auto kept = term->keep(6);
    REQUIRE(!kept);
    CHECK(kept.error().code == ferry::ErrorCode::unavailable);
    CHECK(term->term() == 5);
    CHECK(text_of(folder.path / "term") == "5\n");
}
