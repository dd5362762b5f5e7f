#include "datasets/data_files.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <functional>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/base/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// The raw file or its .gz in `directory`; "" if neither is there.
std::string FindIn(const std::string& directory, const std::string& name) {
  for (const absl::string_view suffix : {"", ".gz"}) {
    const std::string path = absl::StrCat(directory, "/", name, suffix);
    if (FileExists(path) || DirectoryExists(path)) return path;
  }
  return "";
}

std::string FindPinned(absl::string_view dataset, const std::string& name) {
  for (const absl::string_view suffix : {"", ".gz"}) {
    const std::string path = Runfile(absl::StrCat(dataset, "/", name, suffix));
    if (!path.empty()) return path;
  }
  return "";
}

// One path per file, or empty if the place holds none of them.
// \error kNotFound if it holds some of them only.
template <typename Find>
absl::StatusOr<std::vector<std::string>> FindAll(
    const std::vector<OfficialFile>& files, absl::string_view place,
    const Find& find) {
  std::vector<std::string> paths;
  std::string missing;
  for (const OfficialFile& file : files) {
    const std::string path = find(file.name);
    if (path.empty()) {
      absl::StrAppend(&missing, missing.empty() ? "" : ", ", file.name);
    } else {
      paths.push_back(path);
    }
  }
  if (paths.empty() || missing.empty()) return paths;
  return absl::NotFoundError(
      absl::StrCat(place,
                   " holds only some of the files of this dataset. "
                   "Missing: ",
                   missing, " (or the same with .gz)."));
}

absl::StatusOr<LoadedFile> Load(const OfficialFile& official,
                                const std::string& path) {
  LoadedFile file;
  NCLAB_ASSIGN_OR_RETURN(file.bytes, ReadFile(path));
  if (absl::EndsWith(path, ".gz")) {
    NCLAB_ASSIGN_OR_RETURN(file.bytes, Gunzip(path, file.bytes));
  }
  file.origin.path = path;
  NCLAB_ASSIGN_OR_RETURN(file.origin.sha256, Sha256(file.bytes));
  if (!official.sha256.empty()) {
    file.origin.official = file.origin.sha256 == official.sha256;
  } else {
    NCLAB_ASSIGN_OR_RETURN(const std::string md5, Md5(file.bytes));
    file.origin.official = md5 == official.md5;
  }
  return file;
}

// Writes `bytes` to the standard input of a program and returns the word that
// it answers. "" if it cannot be started or fails.
std::string FirstWordOf(std::vector<const char*> argv,
                        absl::string_view bytes) {
  int ends[2];  // ours, the program's standard input and output
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      posix_spawnp(&pid, argv[0], &actions, nullptr,
                   const_cast<char* const*>(argv.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string answer;
  if (failed == 0) {
    while (!bytes.empty()) {
      const ssize_t n = send(ends[0], bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    shutdown(ends[0], SHUT_WR);
    char buffer[256];
    for (;;) {
      const ssize_t n = read(ends[0], buffer, sizeof(buffer));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      answer.append(buffer, static_cast<size_t>(n));
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) answer.clear();
  }
  close(ends[0]);
  return answer.substr(0, answer.find(' '));
}

// By openssl where there is one, since it uses the processor's instructions;
// by coreutils otherwise.
absl::StatusOr<std::string> Digest(const char* openssl_option,
                                   const char* program, size_t digits,
                                   absl::string_view bytes) {
  std::string hex =
      FirstWordOf({"openssl", "dgst", openssl_option, "-r"}, bytes);
  if (hex.size() != digits) hex = FirstWordOf({program}, bytes);
  if (hex.size() == digits) return hex;
  return absl::InternalError(
      absl::StrCat("Cannot compute a check sum: neither the program openssl "
                   "nor ",
                   program, " (coreutils) answered. Install one of them."));
}

// The directories that may hold the files, in order.
std::vector<std::string> Places(const DatasetInfo& info,
                                const std::string& data_dir) {
  std::vector<std::string> places;
  for (const std::string& directory :
       {absl::StrCat(data_dir, "/", info.name), data_dir}) {
    places.push_back(directory);
    if (!info.folder.empty()) {
      places.push_back(absl::StrCat(directory, "/", info.folder));
    }
  }
  return places;
}

}  // namespace

absl::StatusOr<std::string> Sha256(absl::string_view bytes) {
  return Digest("-sha256", "sha256sum", 64, bytes);
}

absl::StatusOr<std::string> Md5(absl::string_view bytes) {
  return Digest("-md5", "md5sum", 32, bytes);
}

absl::StatusOr<std::string> Gunzip(const std::string& path,
                                   absl::string_view compressed, size_t limit) {
  z_stream stream = {};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) {
    return absl::InternalError("zlib did not start.");
  }
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string bytes;
  std::string buffer(1 << 18, '\0');
  int code = Z_OK;
  while (code == Z_OK && bytes.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    code = inflate(&stream, Z_NO_FLUSH);
    bytes.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  const std::string reason = stream.msg != nullptr ? stream.msg : "";
  const size_t read = compressed.size() - stream.avail_in;
  inflateEnd(&stream);
  if (bytes.size() > limit) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " holds more than the ", limit, " bytes that were expected."));
  }
  if (code == Z_STREAM_END && read == compressed.size()) return bytes;
  if (code == Z_STREAM_END) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " has ", compressed.size() - read,
        " bytes after the end of its gzip data. Remove it or bring it again."));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path, code == Z_BUF_ERROR ? " is truncated" : " is not a valid gzip file",
      " at byte ", read, reason.empty() ? "" : " (", reason,
      reason.empty() ? "" : ")", ". Remove it or bring it again."));
}

absl::StatusOr<std::vector<LoadedFile>> ReadOfficialFiles(
    const DatasetInfo& info, const DatasetContext& context) {
  const std::vector<OfficialFile>& files = info.files;
  const std::string data_dir = context.data_dir.empty()
                                   ? absl::StrCat(UserCacheDirectory(), "/data")
                                   : UserPath(context.data_dir);
  std::vector<std::string> paths;
  for (const std::string& directory : Places(info, data_dir)) {
    NCLAB_ASSIGN_OR_RETURN(
        paths, FindAll(files, directory, [&](const std::string& name) {
          return FindIn(directory, name);
        }));
    if (!paths.empty()) break;
  }
  if (paths.empty()) {
    NCLAB_ASSIGN_OR_RETURN(
        paths, FindAll(files, "The pinned copy", [&](const std::string& name) {
          return FindPinned(info.name, name);
        }));
    if (!paths.empty() && !context.data_dir.empty()) {
      LOG(INFO) << info.name << ": no files under " << data_dir
                << "; using the pinned copy.";
    }
  }
  if (paths.empty()) {
    std::string names;
    for (const OfficialFile& file : files) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", file.name);
    }
    return absl::NotFoundError(absl::StrCat(
        "The files of dataset '", info.name, "' are neither in ", data_dir, "/",
        info.name, " nor in ", data_dir, ". Put there: ", names,
        " (or the same with .gz), or name their place with --data_dir=DIR."));
  }
  // Check sums take the longest, so the files are read side by side.
  std::vector<std::future<absl::StatusOr<LoadedFile>>> reading;
  for (size_t i = 0; i < files.size(); ++i) {
    reading.push_back(std::async(std::launch::async, Load, std::cref(files[i]),
                                 std::cref(paths[i])));
  }
  std::vector<LoadedFile> loaded;
  for (auto& file : reading) {
    NCLAB_ASSIGN_OR_RETURN(LoadedFile value, file.get());
    loaded.push_back(std::move(value));
  }
  return loaded;
}

}  // namespace nclab
