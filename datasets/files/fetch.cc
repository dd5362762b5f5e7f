#include "datasets/files/fetch.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "datasets/files/checksums.h"
#include "datasets/files/transfer.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/signals.h"
#include "tools/base/process/subprocess.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// A transfer that advances is taken up again this often.
constexpr int kMaxResumes = 1000;

bool IsArchive(const Download& download) {
  return absl::EndsWith(download.name, ".tar.gz");
}

// The host of an URL; all of it where it has none.
absl::string_view Host(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return url;
  const absl::string_view rest = url.substr(scheme + 3);
  const absl::string_view host = rest.substr(0, rest.find('/'));
  return host.empty() ? url : host;
}

// 0 if there is none.
int64_t SizeOf(const std::string& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

void Remove(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
}

// Whether `directory` holds the file, raw or as .gz.
bool Holds(const std::string& directory, const std::string& name) {
  const std::string path = absl::StrCat(directory, "/", name);
  return FileExists(path) || FileExists(path + ".gz");
}

// What `directory` lacks.
std::vector<Download> Missing(const DatasetInfo& info,
                              const std::string& directory) {
  std::vector<Download> missing;
  for (const Download& download : info.downloads) {
    bool there = true;
    if (IsArchive(download)) {
      const std::string folder = absl::StrCat(directory, "/", info.folder);
      for (const OfficialFile& file : info.files) {
        there =
            there && (Holds(folder, file.name) || Holds(directory, file.name));
      }
    } else {
      there = Holds(directory,
                    std::string(absl::StripSuffix(download.name, ".gz")));
    }
    if (!there) missing.push_back(download);
  }
  return missing;
}

class Fetcher {
 public:
  Fetcher(const DatasetInfo& info, const std::string& directory,
          FetchOptions options)
      : info_(info), directory_(directory), options_(std::move(options)) {}

  absl::Status Run() {
    if (Missing(info_, directory_).empty()) return absl::OkStatus();
    const bool was_there = DirectoryExists(directory_);
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory_));
    const absl::Status status = RunInDirectory();
    if (!status.ok() && !was_there && HoldsNothing()) Remove(directory_);
    return status;
  }

 private:
  absl::Status RunInDirectory() {
    NCLAB_ASSIGN_OR_RETURN(const FileLock lock, WaitForLock());
    NCLAB_RETURN_IF_ERROR(UnpackWhatIsThere());
    const std::vector<Download> missing = Missing(info_, directory_);
    if (missing.empty()) return absl::OkStatus();
    options_.say(absl::StrCat(info_.name, ": fetching ",
                              DescribeDownloads(info_, missing), " into ",
                              directory_));
    NCLAB_RETURN_IF_ERROR(CheckRoom(missing));
    for (const Download& download : missing) {
      NCLAB_RETURN_IF_ERROR(Bring(download));
    }
    return absl::OkStatus();
  }

  bool HoldsNothing() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory_, error)) {
      if (entry.path().filename() != ".fetch.lock") return false;
    }
    return !error;
  }

  absl::Status Stopped() const {
    return absl::CancelledError(absl::StrCat(
        "Stopped while fetching ", info_.name,
        "; what has come is kept: run the same command again to go on."));
  }

  absl::StatusOr<FileLock> WaitForLock() {
    bool said = false;
    for (;;) {
      absl::StatusOr<FileLock> lock =
          FileLock::Acquire(directory_ + "/.fetch.lock");
      if (lock.ok()) return lock;
      if (!absl::StrContains(lock.status().message(), "is in use by")) {
        return lock.status();
      }
      if (!said) {
        options_.say(absl::StrCat(info_.name, ": waiting, ", directory_,
                                  " is being filled by another "
                                  "process"));
      }
      said = true;
      if (options_.stop_requested()) return Stopped();
      absl::SleepFor(absl::Milliseconds(200));
    }
  }

  // Somebody may have put an archive there as it is.
  absl::Status UnpackWhatIsThere() {
    for (const Download& download : Missing(info_, directory_)) {
      const std::string path = absl::StrCat(directory_, "/", download.name);
      if (!IsArchive(download) || SizeOf(path) != download.bytes) continue;
      NCLAB_ASSIGN_OR_RETURN(const std::string sha256, Sha256OfFile(path));
      if (sha256 != download.sha256) continue;
      NCLAB_RETURN_IF_ERROR(Unpack(download, path));
    }
    return absl::OkStatus();
  }

  absl::Status CheckRoom(const std::vector<Download>& missing) {
    int64_t wanted = 0;
    for (const Download& download : missing) {
      wanted += download.bytes - SizeOf(PartOf(download));
    }
    struct statvfs system;
    if (statvfs(directory_.c_str(), &system) != 0) return absl::OkStatus();
    const double there = static_cast<double>(system.f_bavail) *
                         static_cast<double>(system.f_frsize);
    if (there >= static_cast<double>(wanted)) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat(
        "Not enough room in ", directory_, ": ", FormatBytes(wanted),
        " are to come, ", FormatBytes(static_cast<int64_t>(there)),
        " are free. Make room, or name another place with --data_dir=DIR."));
  }

  std::string PartOf(const Download& download) const {
    return absl::StrCat(directory_, "/.", download.name, ".part");
  }

  // Brings one file from the first source that has it.
  absl::Status Bring(const Download& download) {
    std::string reasons;
    for (const std::string& url : download.urls) {
      const bool resumed = SizeOf(PartOf(download)) > 0;
      absl::Status status = BringFrom(download, url);
      if (absl::IsDataLoss(status) && resumed) {
        // What was there may have been another file's beginning.
        options_.say(absl::StrCat("  ", status.message(), "; once more"));
        status = BringFrom(download, url);
      }
      if (status.ok()) return Place(download);
      if (!absl::IsUnavailable(status) && !absl::IsDataLoss(status)) {
        return status;
      }
      options_.say(absl::StrCat("  ", status.message()));
      absl::StrAppend(&reasons, reasons.empty() ? "" : "; ", status.message());
    }
    return absl::UnavailableError(absl::StrCat("Cannot fetch ", download.name,
                                               " of ", info_.name, ": ",
                                               reasons, "."));
  }

  // \error kUnavailable, or kDataLoss for a wrong checksum: try another source.
  absl::Status BringFrom(const Download& download, const std::string& url) {
    const std::string part = PartOf(download);
    if (SizeOf(part) > download.bytes) Remove(part);
    NCLAB_RETURN_IF_ERROR(TransferAll(download, url, part));
    std::string wrong;
    if (SizeOf(part) != download.bytes) {
      wrong = absl::StrCat("has ", SizeOf(part), " bytes; expected ",
                           download.bytes);
    } else {
      NCLAB_ASSIGN_OR_RETURN(const std::string sha256, Sha256OfFile(part));
      if (sha256 == download.sha256) return absl::OkStatus();
      wrong = absl::StrCat("has the sha256 ", sha256, "; expected ",
                           download.sha256);
    }
    Remove(part);
    return absl::DataLossError(absl::StrCat("what ", url, " gives ", wrong));
  }

  // Fills `part` up to the size of the download.
  absl::Status TransferAll(const Download& download, const std::string& url,
                           const std::string& part) {
    bool begun_again = false;
    for (int resumes = 0; SizeOf(part) < download.bytes; ++resumes) {
      const int64_t before = SizeOf(part);
      NCLAB_ASSIGN_OR_RETURN(const TransferResult result,
                             TransferOnce(download, url, part));
      if (options_.stop_requested()) return Stopped();
      if (result.end == TransferEnd::kComplete ||
          SizeOf(part) >= download.bytes) {
        break;
      }
      if (result.end == TransferEnd::kNoRanges && !begun_again) {
        begun_again = true;
        Remove(part);
        continue;
      }
      if (SizeOf(part) > before && resumes < kMaxResumes) {
        options_.say(absl::StrCat("  ", download.name, ": broken off after ",
                                  FormatBytes(SizeOf(part)), ", going on"));
        continue;
      }
      return absl::UnavailableError(
          absl::StrCat(Host(url), " says: ", result.reason));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TransferResult> TransferOnce(const Download& download,
                                              const std::string& url,
                                              const std::string& part) {
    absl::Time last = absl::Now();
    const absl::Time start = last;
    const int64_t from = SizeOf(part);
    return Transfer(url, part, [&] {
      const int64_t size = SizeOf(part);
      if (absl::Now() - last >= options_.progress_every) {
        last = absl::Now();
        options_.say(absl::StrFormat("  %s: %s of %s, %.2f MB/s", download.name,
                                     FormatBytes(size),
                                     FormatBytes(download.bytes),
                                     static_cast<double>(size - from) * 1e-6 /
                                         absl::ToDoubleSeconds(last - start)));
      }
      return size <= download.bytes && !options_.stop_requested();
    });
  }

  // Makes the finished part the file, or the files of the archive.
  absl::Status Place(const Download& download) {
    const std::string part = PartOf(download);
    if (!IsArchive(download)) {
      NCLAB_RETURN_IF_ERROR(
          CommitFile(part, absl::StrCat(directory_, "/", download.name)));
    } else {
      NCLAB_RETURN_IF_ERROR(Unpack(download, part));
      Remove(part);
    }
    options_.say(absl::StrCat("  ", download.name, ": done, ",
                              FormatBytes(download.bytes),
                              ", its checksum is the published one"));
    return absl::OkStatus();
  }

  absl::Status Unpack(const Download& download, const std::string& archive) {
    options_.say(absl::StrCat("  ", download.name, ": unpacking"));
    const std::string temporary = directory_ + "/.unpacked";
    Remove(temporary);
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(temporary));
    std::vector<std::string> argv = {
        "tar",     "--extract",       "--gzip",
        "--file",  archive,           "--directory",
        temporary, "--no-same-owner", "--no-same-permissions",
        "--"};
    for (const OfficialFile& file : info_.files) {
      argv.push_back(absl::StrCat(info_.folder, "/", file.name));
    }
    NCLAB_ASSIGN_OR_RETURN(
        const ProgramResult result,
        RunProgram(argv, {.tick = [&] { return !options_.stop_requested(); }}));
    absl::Status status;
    if (options_.stop_requested()) {
      status = Stopped();
    } else if (result.exit_code != 0) {
      const std::string message =
          absl::StrCat("Cannot unpack ", download.name, " in ", directory_,
                       ": ", absl::StripAsciiWhitespace(result.output));
      const bool full = absl::StrContains(message, std::strerror(ENOSPC)) ||
                        absl::StrContains(message, std::strerror(EDQUOT));
      status = full ? absl::ResourceExhaustedError(message)
                    : absl::FailedPreconditionError(message);
    }
    const std::string folder = absl::StrCat(directory_, "/", info_.folder);
    if (status.ok()) status = MakeWritableDirectory(folder);
    for (const OfficialFile& file : info_.files) {
      if (!status.ok()) break;
      status =
          CommitFile(absl::StrCat(temporary, "/", info_.folder, "/", file.name),
                     absl::StrCat(folder, "/", file.name));
    }
    Remove(temporary);
    return status;
  }

  const DatasetInfo& info_;
  const std::string directory_;
  const FetchOptions options_;
};

}  // namespace

bool CanFetch(const DatasetInfo& info) { return !info.downloads.empty(); }

std::string DescribeDownloads(const DatasetInfo& info,
                              const std::vector<Download>& downloads) {
  int64_t bytes = 0;
  for (const Download& download : downloads) bytes += download.bytes;
  const std::string what = downloads.size() == 1
                               ? downloads[0].name
                               : absl::StrCat(downloads.size(), " files");
  return absl::StrCat(what, ", ", FormatBytes(bytes), ", from ",
                      Host(downloads[0].urls[0]), " (terms: ", info.terms, ")");
}

absl::Status FetchFiles(const DatasetInfo& info, const std::string& directory,
                        FetchOptions options) {
  if (!options.say) {
    options.say = [](absl::string_view line) {
      std::fprintf(stderr, "%s\n", std::string(line).c_str());
    };
  }
  if (!options.stop_requested) options.stop_requested = StopRequested;
  return Fetcher(info, directory, std::move(options)).Run();
}

}  // namespace nclab
