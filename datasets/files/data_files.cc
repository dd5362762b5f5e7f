#include "datasets/files/data_files.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "datasets/files/checksums.h"
#include "datasets/files/fetch.h"
#include "tools/base/files/files.h"
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

// What tells that a file was written to.
struct FileState {
  uintmax_t size = 0;
  std::filesystem::file_time_type changed;

  bool operator==(const FileState&) const = default;
};

FileState StateOf(const std::string& path) {
  std::error_code error;
  FileState state;
  state.size = std::filesystem::file_size(path, error);
  state.changed = std::filesystem::last_write_time(path, error);
  return state;
}

// \error kInvalidArgument if the file is an official one of another dataset,
// whose files may bear the same names.
absl::Status RefuseForeign(const DatasetInfo& info, const DataFile& file,
                           const std::string& md5) {
  for (const auto* other : Datasets().List()) {
    if (other->info.name == info.name) continue;
    for (const OfficialFile& theirs : other->info.files) {
      const bool same = theirs.sha256.empty() ? theirs.md5 == md5
                                              : theirs.sha256 == file.sha256;
      if (!same) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          file.path, " is ", theirs.name, " of dataset '", other->info.name,
          "' (SHA-256 ", file.sha256, "); expected a file of dataset '",
          info.name,
          "'. Put the files of each into a directory of its own: ", "DIR/",
          info.name, " and DIR/", other->info.name, " of --data_dir=DIR."));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadedFile> Load(const DatasetInfo& info,
                                const OfficialFile& official,
                                const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(LoadedFile file, ReadDataFile(path));
  if (file.origin.sha256 == official.sha256) {
    file.origin.official = true;
    return file;
  }
  const std::string md5 = Md5(file.bytes);
  file.origin.official = official.sha256.empty() && md5 == official.md5;
  if (file.origin.official) return file;
  NCLAB_RETURN_IF_ERROR(RefuseForeign(info, file.origin, md5));
  return file;
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

// One path per file, or empty if they are nowhere.
// \error kNotFound if the first place with any of them lacks others.
absl::StatusOr<std::vector<std::string>> FindFiles(
    const DatasetInfo& info, const DatasetContext& context) {
  const std::string data_dir = DataDirectory(context);
  for (const std::string& directory : Places(info, data_dir)) {
    NCLAB_ASSIGN_OR_RETURN(
        std::vector<std::string> paths,
        FindAll(info.files, directory, [&](const std::string& name) {
          return FindIn(directory, name);
        }));
    if (!paths.empty()) return paths;
  }
  // A place that was named is the only one.
  if (!context.data_dir.empty()) return std::vector<std::string>();
  return FindAll(info.files, "The pinned copy", [&](const std::string& name) {
    return FindPinned(info.name, name);
  });
}

}  // namespace

absl::StatusOr<std::string> Gunzip(const std::string& path,
                                   absl::string_view compressed, size_t limit) {
  z_stream stream = {};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) {
    return absl::InternalError("zlib did not start.");
  }
  size_t given = 0;  // bytes that zlib has got
  const auto give = [&] {
    const size_t n = std::min<size_t>(compressed.size() - given, 1 << 30);
    stream.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data() + given));
    stream.avail_in = static_cast<uInt>(n);
    given += n;
  };
  std::string bytes;
  std::string buffer(1 << 18, '\0');
  int code = Z_OK;
  size_t members = 0;
  size_t member = 0;  // where the last began
  while (code == Z_OK && bytes.size() <= limit) {
    if (stream.avail_in == 0) give();
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    code = inflate(&stream, Z_NO_FLUSH);
    bytes.append(buffer.data(), buffer.size() - stream.avail_out);
    const size_t read = given - stream.avail_in;
    // One member may follow another (RFC 1952, section 2.2).
    if (code != Z_STREAM_END || read == compressed.size()) continue;
    ++members;
    member = read;
    code = inflateReset(&stream);
  }
  const std::string reason = stream.msg != nullptr ? stream.msg : "";
  const size_t read = given - stream.avail_in;
  inflateEnd(&stream);
  if (bytes.size() > limit) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " holds more than the ", limit, " bytes that were expected."));
  }
  if (code == Z_STREAM_END) return bytes;
  // A member begins with the bytes 1f 8b.
  const absl::string_view rest = compressed.substr(member);
  if (members > 0 && !absl::StartsWith(rest, "\x1f\x8b") && rest != "\x1f") {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " has ", rest.size(), " bytes after the end of its gzip data, ",
        "at byte ", member, ". Remove it or bring it again."));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path, code == Z_BUF_ERROR ? " is truncated" : " is not a valid gzip file",
      " at byte ", read, reason.empty() ? "" : " (", reason,
      reason.empty() ? "" : ")", ". Remove it or bring it again."));
}

absl::StatusOr<LoadedFile> ReadDataFile(const std::string& path) {
  LoadedFile file;
  const FileState before = StateOf(path);
  NCLAB_ASSIGN_OR_RETURN(file.bytes, ReadFile(path));
  if (before != StateOf(path) || before.size != file.bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " changed while it was read: ", file.bytes.size(),
        " bytes came, it had ", before.size, ". Wait until it is finished."));
  }
  if (absl::EndsWith(path, ".gz")) {
    NCLAB_ASSIGN_OR_RETURN(file.bytes, Gunzip(path, file.bytes));
  }
  file.origin = {path, Sha256(file.bytes), false};
  return file;
}

std::string DataDirectory(const DatasetContext& context) {
  return context.data_dir.empty() ? absl::StrCat(UserCacheDirectory(), "/data")
                                  : UserPath(context.data_dir);
}

absl::StatusOr<std::vector<LoadedFile>> ReadOfficialFiles(
    const DatasetInfo& info, const DatasetContext& context) {
  const std::vector<OfficialFile>& files = info.files;
  const std::string data_dir = DataDirectory(context);
  absl::StatusOr<std::vector<std::string>> paths = FindFiles(info, context);
  std::string way = absl::StrCat("name their place with --data_dir=DIR");
  if ((!paths.ok() || paths->empty()) && CanFetch(info)) {
    if (context.fetch) {
      const absl::Status fetched =
          FetchFiles(info, absl::StrCat(data_dir, "/", info.name));
      if (absl::IsCancelled(fetched)) return fetched;
      if (fetched.ok()) {
        paths = FindFiles(info, context);
      } else {
        absl::StrAppend(&way, ". Fetching failed: ",
                        absl::StripSuffix(fetched.message(), "."));
      }
    } else {
      absl::StrAppend(&way, ", or let --fetch=auto bring ",
                      DescribeDownloads(info, info.downloads));
    }
  }
  if (!paths.ok()) {
    return absl::NotFoundError(absl::StrCat(paths.status().message(),
                                            " Put them there, or ", way, "."));
  }
  if (paths->empty()) {
    std::string names;
    for (const OfficialFile& file : files) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", file.name);
    }
    return absl::NotFoundError(absl::StrCat(
        "The files of dataset '", info.name, "' are neither in ", data_dir, "/",
        info.name, " nor in ", data_dir, ". Put there: ", names,
        " (or the same with .gz), or ", way, "."));
  }
  // Checksums take the longest, so the files are read side by side.
  std::vector<std::future<absl::StatusOr<LoadedFile>>> reading;
  for (size_t i = 0; i < files.size(); ++i) {
    reading.push_back(std::async(std::launch::async, Load, std::cref(info),
                                 std::cref(files[i]), std::cref(paths->at(i))));
  }
  std::vector<LoadedFile> loaded;
  for (auto& file : reading) {
    NCLAB_ASSIGN_OR_RETURN(LoadedFile value, file.get());
    loaded.push_back(std::move(value));
  }
  return loaded;
}

}  // namespace nclab
