// The version of the plugin interface, which is what //:plugin_api offers.
//
// MAJOR rises where an item that was written for the version before may no
// longer build, or means something else; MINOR where something is added. An
// item of MAJOR.MINOR goes with MAJOR.MINOR and all later MINORs of that MAJOR.
#ifndef NCLAB_TOOLS_BASE_REGISTRY_INTERFACE_VERSION_H_
#define NCLAB_TOOLS_BASE_REGISTRY_INTERFACE_VERSION_H_

#include <string>

#define NCLAB_INTERFACE_MAJOR 1
#define NCLAB_INTERFACE_MINOR 0

// What a source was written for: the version that it is compiled against,
// unless its target says local_defines = ["NCLAB_WRITTEN_FOR=1,0"].
#ifndef NCLAB_WRITTEN_FOR
#define NCLAB_WRITTEN_FOR NCLAB_INTERFACE_MAJOR, NCLAB_INTERFACE_MINOR
#endif

namespace nclab {

// "1.0"
std::string InterfaceVersion();

// Aborts, naming the place, both versions and what to do, unless an item that
// was written for `major`.`minor` goes with this version; returns true. Called
// before anything of the item is looked at: it may have another layout. Not
// inline: an object file that was compiled elsewhere asks this library.
bool CheckInterface(int major, int minor, const char* file, int line);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_REGISTRY_INTERFACE_VERSION_H_
