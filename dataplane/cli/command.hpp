// ferryctl's commands as a table: objects, their verbs, and what each verb takes, does and looks like.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "control/control_api.hpp"

namespace ferryd {

/// A command that has been understood: asks ferryd and prints. Its error is ferryd's.
using Action = std::function<Expected<void>(ControlApi& api, Output& out)>;

struct Verb {
    const char* name;
    const char* alias;     ///< another name, or null
    const char* synopsis;  ///< what may follow the name
    const char* summary;   ///< one sentence
    const char* examples;  ///< whole lines, each two spaces in
    Grammar grammar;
    /// Understands the arguments; fails with invalid_argument. Nothing is asked of ferryd yet.
    Expected<Action> (*prepare)(const Arguments& arguments);
};

/// The first verb is the one meant where none is given. An object that is a verb itself has one without a name.
struct Object {
    const char* name;
    const char* summary;
    std::vector<Verb> verbs;
};

Object fdb_commands();
Object vni_commands();
Object vtep_commands();
Object local_commands();
Object port_commands();
Object stats_commands();
Object worker_commands();
Object move_commands();
Object hold_commands();
Object release_commands();
Object peer_commands();

/// All of them, in the order of ferryctl's help.
const std::vector<Object>& all_objects();

/// Finds what `word` names: a name, an alias, or the beginning of exactly one name. Fails with invalid_argument and the
/// names there are.
Expected<const Object*> find_object(std::string_view word);
Expected<const Verb*> find_verb(const Object& object, std::string_view word);

/// The text of ferryctl OBJECT --help and ferryctl OBJECT VERB --help.
std::string help_of(const Object& object);
std::string help_of(const Object& object, const Verb& verb);

/// Prints the one of `values` that `is_it` accepts, as a result of having made or changed it.
template <typename T, typename IsIt>
void print_result(Output& out, const std::vector<T>& values, IsIt is_it)
{
    if (!out.json())
        return;  // as ip(8), which says nothing where all went well
    for (const T& value : values)
        if (is_it(value))
            out.print(to_json(value));
}

}  // namespace ferryd
