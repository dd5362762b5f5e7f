#include "tools/base/files/zip_file.h"

#include <unistd.h>
#include <unzip.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/base/files/files.h"
#include "tools/base/memory.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/utf8.h"

namespace nclab {
namespace {

constexpr uint64_t kLongestName = 4096;
constexpr uLong kEncrypted = 1;
constexpr uLong kDeflate = 8;

struct Closer {
  void operator()(void* archive) const { unzClose(archive); }
};
using Archive = std::unique_ptr<void, Closer>;

template <typename... Words>
absl::Status Wrong(const std::string& path, const Words&... words) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is not a valid zip archive: ", words..., "."));
}

absl::Status CheckName(const std::string& path, const std::string& name) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": member '", absl::CHexEscape(name), "' ", what));
  };
  if (name.empty() || name.find('\0') != std::string::npos || !IsUtf8(name)) {
    return wrong("has a name that is no UTF-8 text.");
  }
  bool outside = name[0] == '/' || absl::StrContains(name, "\\");
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    outside = outside || part == "..";
  }
  if (outside) {
    return wrong(
        "has a name that leads out of the archive; expected one below it.");
  }
  return absl::OkStatus();
}

// The member that `archive` stands at.
absl::StatusOr<ZipMember> Describe(const std::string& path, uint64_t file_size,
                                   void* archive) {
  unz_file_info64 info;
  ZipMember member;
  if (unzGetCurrentFileInfo64(archive, &info, nullptr, 0, nullptr, 0, nullptr,
                              0) != UNZ_OK) {
    return Wrong(path, "its list of members ends early");
  }
  if (info.size_filename > kLongestName) {
    return Wrong(path, "a member's name of ", info.size_filename,
                 " bytes; at most ", kLongestName, " are read");
  }
  member.name.resize(info.size_filename);
  if (unzGetCurrentFileInfo64(archive, &info, member.name.data(),
                              member.name.size(), nullptr, 0, nullptr,
                              0) != UNZ_OK) {
    return Wrong(path, "its list of members ends early");
  }
  NCLAB_RETURN_IF_ERROR(CheckName(path, member.name));
  unz64_file_pos place = {};
  unzGetFilePos64(archive, &place);
  member.place = place.pos_in_zip_directory;
  member.number = place.num_of_file;
  member.size = info.uncompressed_size;
  member.stored = info.compression_method == 0;
  if ((info.flag & kEncrypted) != 0) {
    return Wrong(path, "member '", member.name, "' is encrypted");
  }
  if (!member.stored && info.compression_method != kDeflate) {
    return Wrong(path, "member '", member.name, "' is compressed by method ",
                 info.compression_method, "; stored (0) and deflated (8) ",
                 "members are read");
  }
  if (!member.stored) return member;
  int method = 0, level = 0;
  if (unzOpenCurrentFile2(archive, &method, &level, /*raw=*/1) != UNZ_OK) {
    return Wrong(path, "member '", member.name,
                 "' is not where the list of members says");
  }
  member.offset = unzGetCurrentFileZStreamPos64(archive);
  unzCloseCurrentFile(archive);
  if (info.compressed_size != member.size || member.offset > file_size ||
      member.size > file_size - member.offset) {
    return Wrong(path, "member '", member.name, "' of ", member.size,
                 " bytes at byte ", member.offset, " of ", file_size);
  }
  return member;
}

}  // namespace

absl::StatusOr<ZipFile> ZipFile::Open(const std::string& path) {
  // A regular file: minizip would wait for a FIFO.
  NCLAB_ASSIGN_OR_RETURN(const int fd, OpenForReading(path));
  close(fd);
  const Archive archive(unzOpen64(path.c_str()));
  if (archive == nullptr) {
    return Wrong(path, "it has no list of members at its end; it may be cut");
  }
  ZipFile file;
  file.path_ = path;
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  std::set<std::string> names;
  int code = unzGoToFirstFile(archive.get());
  for (; code == UNZ_OK; code = unzGoToNextFile(archive.get())) {
    NCLAB_ASSIGN_OR_RETURN(ZipMember member,
                           Describe(path, size, archive.get()));
    if (absl::EndsWith(member.name, "/")) continue;
    if (!names.insert(member.name).second) {
      return Wrong(path, "two members are named '", member.name, "'");
    }
    file.members_.push_back(std::move(member));
  }
  if (code != UNZ_END_OF_LIST_OF_FILE) {
    return Wrong(path, "its list of members is damaged");
  }
  return file;
}

const ZipMember* ZipFile::Find(absl::string_view name) const {
  const auto found = std::find_if(
      members_.begin(), members_.end(),
      [&](const ZipMember& member) { return member.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

absl::StatusOr<std::string> ZipFile::Read(const ZipMember& member) const {
  NCLAB_RETURN_IF_ERROR(
      CheckMemory(absl::StrCat(path_, ": member '", member.name, "'"),
                  static_cast<double>(member.size)));
  const Archive archive(unzOpen64(path_.c_str()));
  unz64_file_pos place = {member.place, member.number};
  std::string bytes(member.size, '\0');
  if (archive == nullptr || unzGoToFilePos64(archive.get(), &place) != UNZ_OK ||
      unzOpenCurrentFile(archive.get()) != UNZ_OK) {
    return Wrong(path_, "member '", member.name, "' is no longer there");
  }
  uint64_t got = 0;
  int count = 0;
  do {
    const uint64_t part = std::min<uint64_t>(bytes.size() - got, 1 << 30);
    count = unzReadCurrentFile(archive.get(), bytes.data() + got,
                               static_cast<unsigned>(part));
    got += count > 0 ? static_cast<uint64_t>(count) : 0;
  } while (count > 0 && got < bytes.size());
  if (count >= 0 && unzCloseCurrentFile(archive.get()) == UNZ_OK &&
      got == bytes.size()) {
    return bytes;
  }
  return Wrong(path_, "member '", member.name, "' is damaged: ", got, " of ",
               member.size, " bytes could be read, or their CRC-32 is another");
}

}  // namespace nclab
