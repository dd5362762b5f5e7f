// What the paths of a command line mean, and where a program's own files are.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/base/files/files.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

std::string HomeOf(const std::string& user) {
  const char* home = std::getenv("HOME");
  if (user.empty() && home != nullptr && home[0] == '/') return home;
  const passwd* entry =
      user.empty() ? getpwuid(getuid()) : getpwnam(user.c_str());
  return entry == nullptr ? "" : entry->pw_dir;
}

// `~` and `~user` in front; as given where nobody is called so.
std::string ExpandHome(absl::string_view path) {
  if (!absl::StartsWith(path, "~")) return std::string(path);
  const size_t slash = std::min(path.find('/'), path.size());
  const std::string home = HomeOf(std::string(path.substr(1, slash - 1)));
  return home.empty() ? std::string(path)
                      : absl::StrCat(home, path.substr(slash));
}

}  // namespace

std::string UserPath(absl::string_view path) {
  std::string from = ExpandHome(path);
  if (!absl::StartsWith(from, "/")) {
    const char* base = std::getenv("BUILD_WORKING_DIRECTORY");
    std::error_code error;
    from = absl::StrCat(
        base != nullptr ? base : fs::current_path(error).string(), "/", from);
  }
  // "." and doubled slashes mean nothing, but for a slash at the end.
  std::string whole;
  size_t up = 0;  // the end of the last ".."
  for (const absl::string_view name : absl::StrSplit(from, '/')) {
    if (name.empty() || name == ".") continue;
    absl::StrAppend(&whole, "/", name);
    if (name == "..") up = whole.size();
  }
  if (up > 0) {
    // Only the kernel knows where ".." leads after a link.
    std::error_code error;
    const fs::path above = fs::canonical(whole.substr(0, up), error);
    if (!error) {
      const std::string start = above == "/" ? "" : above.string();
      whole = absl::StrCat(start, whole.substr(up));
    }
  }
  if (whole.empty() || absl::EndsWith(from, "/") ||
      absl::EndsWith(from, "/.")) {
    absl::StrAppend(&whole, "/");
  }
  return whole;
}

std::string UserCacheDirectory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME");
      cache != nullptr && cache[0] == '/') {
    return absl::StrCat(cache, "/nclab");
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home != nullptr && home[0] == '/' ? home : "/tmp",
                      "/.cache/nclab");
}

std::string Runfile(absl::string_view path) {
  using bazel::tools::cpp::runfiles::Runfiles;
  static const Runfiles* const runfiles = [] {
    std::error_code error;
    const std::string self = fs::read_symlink("/proc/self/exe", error).string();
    std::string message;
    Runfiles* created = Runfiles::Create(self, &message);
    if (created == nullptr) created = Runfiles::CreateForTest(&message);
    return created;
  }();
  if (runfiles == nullptr) return "";
  for (const absl::string_view prefix : {"", "nclab/"}) {
    const std::string found = runfiles->Rlocation(absl::StrCat(prefix, path));
    std::error_code error;
    if (!found.empty() && fs::exists(found, error)) return found;
  }
  return "";
}

}  // namespace nclab
