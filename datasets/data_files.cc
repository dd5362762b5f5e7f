#include "datasets/data_files.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>

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
  file.origin.official = file.origin.sha256 == official.sha256;
  return file;
}

}  // namespace

absl::StatusOr<std::string> Sha256(absl::string_view bytes) {
  const auto failed = [] {
    return absl::InternalError(
        "Cannot compute a SHA-256: the program sha256sum (coreutils) did not "
        "answer.");
  };
  const int fd = memfd_create("nclab-sha256", MFD_CLOEXEC);
  if (fd < 0) return failed();
  for (absl::string_view rest = bytes; !rest.empty();) {
    const ssize_t n = write(fd, rest.data(), rest.size());
    if (n <= 0) {
      close(fd);
      return failed();
    }
    rest.remove_prefix(static_cast<size_t>(n));
  }
  const std::string command =
      absl::StrCat("sha256sum < /proc/", getpid(), "/fd/", fd);
  FILE* pipe = popen(command.c_str(), "re");
  char hex[65] = {};
  const size_t n = pipe == nullptr ? 0 : std::fread(hex, 1, 64, pipe);
  if (pipe != nullptr) pclose(pipe);
  close(fd);
  if (n != 64) return failed();
  return std::string(hex, 64);
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
    absl::string_view dataset, const std::vector<OfficialFile>& files,
    const DatasetContext& context) {
  const std::string data_dir = context.data_dir.empty()
                                   ? absl::StrCat(UserCacheDirectory(), "/data")
                                   : UserPath(context.data_dir);
  std::vector<std::string> paths;
  for (const std::string& directory :
       {absl::StrCat(data_dir, "/", dataset), data_dir}) {
    NCLAB_ASSIGN_OR_RETURN(
        paths, FindAll(files, directory, [&](const std::string& name) {
          return FindIn(directory, name);
        }));
    if (!paths.empty()) break;
  }
  if (paths.empty()) {
    NCLAB_ASSIGN_OR_RETURN(
        paths, FindAll(files, "The pinned copy", [&](const std::string& name) {
          return FindPinned(dataset, name);
        }));
    if (!paths.empty() && !context.data_dir.empty()) {
      LOG(INFO) << dataset << ": no files under " << data_dir
                << "; using the pinned copy.";
    }
  }
  if (paths.empty()) {
    std::string names;
    for (const OfficialFile& file : files) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", file.name);
    }
    return absl::NotFoundError(absl::StrCat(
        "The files of dataset '", dataset, "' are neither in ", data_dir, "/",
        dataset, " nor in ", data_dir, ". Put there: ", names,
        " (or the same with .gz), or name their place with --data_dir=DIR."));
  }
  std::vector<LoadedFile> loaded;
  for (size_t i = 0; i < files.size(); ++i) {
    NCLAB_ASSIGN_OR_RETURN(LoadedFile file, Load(files[i], paths[i]));
    loaded.push_back(std::move(file));
  }
  return loaded;
}

}  // namespace nclab
