#include "tools/base/registry/interface_version.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace nclab {

std::string InterfaceVersion() {
  return absl::StrCat(NCLAB_INTERFACE_MAJOR, ".", NCLAB_INTERFACE_MINOR);
}

bool CheckInterface(int major, int minor, const char* file, int line) {
  if (major == NCLAB_INTERFACE_MAJOR && minor <= NCLAB_INTERFACE_MINOR) {
    return true;
  }
  std::fprintf(stderr,
               "nclab: what %s:%d registers was written for version %d.%d of "
               "the plugin interface, this is version %s; %s\n",
               file, line, major, minor, InterfaceVersion().c_str(),
               major >= NCLAB_INTERFACE_MAJOR
                   ? "build it with a later nclab"
                   : "see CHANGELOG.md for what is otherwise now, and build it "
                     "anew");
  std::abort();
}

}  // namespace nclab
