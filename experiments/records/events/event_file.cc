#include "experiments/records/events/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78.
uint32_t Crc32c(const std::string& data) {
  static const auto* const table = [] {
    auto* t = new std::array<uint32_t, 256>;
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) {
        crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0);
      }
      (*t)[i] = crc;
    }
    return t;
  }();
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : data) {
    crc = (*table)[(crc ^ static_cast<uint8_t>(c)) & 0xFF] ^ (crc >> 8);
  }
  return ~crc;
}

// Little-endian bytes of a fixed-width value.
template <typename T>
std::string Bytes(T value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

std::string MaskedCrc(const std::string& data) {
  const uint32_t crc = Crc32c(data);
  return Bytes<uint32_t>(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
}

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) {
    bytes.push_back(static_cast<char>(value | 0x80));
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

// A protocol-buffer field of wire type 2 (length-delimited).
std::string Delimited(char key, const std::string& data) {
  return absl::StrCat(std::string(1, key), Varint(data.size()), data);
}

std::string Tag(const MetricRow& row) {
  std::string tag = row.split;
  for (const std::string* part : {&row.layer, &row.metric, &row.anchor}) {
    if (!part->empty()) absl::StrAppend(&tag, "/", *part);
  }
  return tag;
}

}  // namespace

std::string EventRecord(const std::string& data) {
  const std::string length = Bytes<uint64_t>(data.size());
  return absl::StrCat(length, MaskedCrc(length), data, MaskedCrc(data));
}

std::string FileVersionEvent(double wall_time) {
  return absl::StrCat("\x09", Bytes(wall_time),
                      Delimited('\x1a', "brain.Event:2"));
}

std::string ScalarEvent(double wall_time, int64_t step, const std::string& tag,
                        float value) {
  const std::string scalar =
      absl::StrCat(Delimited('\x0a', tag), "\x15", Bytes(value));
  return absl::StrCat("\x09", Bytes(wall_time), "\x10",
                      Varint(static_cast<uint64_t>(step)),
                      Delimited('\x2a', Delimited('\x0a', scalar)));
}

absl::StatusOr<std::unique_ptr<EventFile>> EventFile::Create(
    const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (absl::StartsWith(entry.path().filename().string(),
                         "events.out.tfevents.")) {
      fs::remove(entry.path(), error);
    }
  }
  char host[256] = "localhost";
  gethostname(host, sizeof(host) - 1);
  const absl::Time now = absl::Now();
  std::unique_ptr<EventFile> file(new EventFile);
  file->path_ =
      absl::StrCat(directory, "/events.out.tfevents.",
                   absl::Dec(absl::ToUnixSeconds(now), absl::kZeroPad10), ".",
                   host, ".", getpid());
  file->fd_ = open(file->path_.c_str(),
                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (file->fd_ < 0) {
    return SystemError("write", file->path_);
  }
  const std::string record = EventRecord(
      FileVersionEvent(absl::ToDoubleSeconds(now - absl::UnixEpoch())));
  NCLAB_RETURN_IF_ERROR(WriteAll(file->fd_, record, file->path_));
  return file;
}

EventFile::~EventFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status EventFile::Append(const std::vector<MetricRow>& rows,
                               double wall_time) {
  std::string records;
  for (const MetricRow& row : rows) {
    if (std::isnan(row.value)) continue;
    records += EventRecord(ScalarEvent(wall_time, row.step, Tag(row),
                                       static_cast<float>(row.value)));
  }
  return WriteAll(fd_, records, path_);
}

}  // namespace nclab
