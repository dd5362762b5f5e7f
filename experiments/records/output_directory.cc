#include "experiments/records/output_directory.h"

#include <filesystem>

namespace nclab {

std::string PlainDirectory(const std::string& path) {
  return std::filesystem::path(path + "/")
      .lexically_normal()
      .parent_path()
      .string();
}

}  // namespace nclab
