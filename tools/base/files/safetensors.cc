#include "tools/base/files/safetensors.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "zlib.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "safetensors data is little-endian");

constexpr uint64_t kMaxHeader = 100'000'000;

absl::Status Wrong(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is not a valid safetensors file: ", what, "."));
}

// Whether an object of the header, or one in it, has a name twice, which a
// parsed Json no longer tells. (Json::parse() with a callback looks through an
// object again at every value in it.)
class RepeatedNames : public nlohmann::json_sax<Json> {
 public:
  bool found() const { return found_; }

  bool start_object(std::size_t) override {
    seen_.emplace_back();
    return true;
  }
  bool key(string_t& name) override {
    found_ |= !seen_.back().insert(name).second;
    return true;
  }
  bool end_object() override {
    seen_.pop_back();
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception&) override {
    return false;
  }

 private:
  std::vector<std::unordered_set<std::string>> seen_;  // of the open objects
  bool found_ = false;
};

// Reads one header entry; sizes are checked before anything uses them.
absl::StatusOr<SafetensorsEntry> ParseEntry(const std::string& path,
                                            const std::string& name,
                                            const Json& json,
                                            uint64_t data_size) {
  const auto wrong = [&](absl::string_view what) {
    return Wrong(path, absl::StrCat("tensor '", name, "' ", what));
  };
  if (!json.is_object() || !json.contains("dtype") ||
      !json["dtype"].is_string() || !json.contains("shape") ||
      !json["shape"].is_array() || !json.contains("data_offsets") ||
      !json["data_offsets"].is_array() || json["data_offsets"].size() != 2 ||
      !json["data_offsets"][0].is_number_unsigned() ||
      !json["data_offsets"][1].is_number_unsigned()) {
    return wrong("lacks a dtype, a shape or two data_offsets");
  }
  SafetensorsEntry entry;
  entry.name = name;
  entry.dtype = json["dtype"].get<std::string>();
  entry.begin = json["data_offsets"][0].get<uint64_t>();
  entry.end = json["data_offsets"][1].get<uint64_t>();
  const int known_bits = SafetensorsDtypeBits(entry.dtype);
  uint64_t bits = static_cast<uint64_t>(known_bits == 0 ? 8 : known_bits);
  for (const Json& dim : json["shape"]) {
    if (!dim.is_number_unsigned()) {
      return wrong("has a dimension that is no whole number from 0 on");
    }
    const uint64_t extent = dim.get<uint64_t>();
    if (extent > std::numeric_limits<int64_t>::max() ||
        (extent != 0 && bits > std::numeric_limits<uint64_t>::max() / extent)) {
      return wrong("has a shape whose size overflows");
    }
    bits *= extent;
    entry.shape.push_back(static_cast<int64_t>(extent));
  }
  if (entry.begin > entry.end || entry.end > data_size) {
    return wrong(absl::StrCat("has data_offsets [", entry.begin, ", ",
                              entry.end, "], but the file has ", data_size,
                              " bytes of data"));
  }
  if (known_bits == 0) return entry;
  if (bits % 8 != 0) {
    return wrong(absl::StrCat("has a shape that takes ", bits,
                              " bits in its dtype, no whole bytes"));
  }
  if (entry.end - entry.begin != bits / 8) {
    return wrong(absl::StrCat("has ", entry.end - entry.begin,
                              " bytes of data; its shape and dtype need ",
                              bits / 8));
  }
  return entry;
}

// No holes, no overlap, nothing after the last tensor.
absl::Status CheckCoverage(const std::string& path,
                           const std::vector<SafetensorsEntry>& entries,
                           uint64_t data_size) {
  std::vector<const SafetensorsEntry*> ordered;
  for (const auto& entry : entries) ordered.push_back(&entry);
  std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  uint64_t position = 0;
  for (const SafetensorsEntry* entry : ordered) {
    if (entry->begin != position) {
      return Wrong(path, absl::StrCat("tensor '", entry->name,
                                      "' begins at byte ", entry->begin,
                                      " of the data; expected ", position));
    }
    position = entry->end;
  }
  if (position != data_size) {
    return Wrong(path, absl::StrCat("its tensors end at byte ", position,
                                    " of the data, which has ", data_size));
  }
  return absl::OkStatus();
}

// The place of a checksum, and what stands there while it is computed.
constexpr absl::string_view kNoChecksum = "00000000";

std::string ChecksumField() {
  return absl::StrCat("\"", kChecksumKey, "\":\"");
}

std::string ChecksumText(uint32_t crc) {
  return absl::StrCat(absl::Hex(crc, absl::kZeroPad8));
}

uint32_t Crc32(uint32_t crc, const void* data, size_t size) {
  return static_cast<uint32_t>(
      crc32_z(crc, static_cast<const Bytef*>(data), size));
}

}  // namespace

int64_t SafetensorsEntry::numel() const {
  // An empty tensor first: the product of its other dimensions may overflow.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  int64_t n = 1;
  for (const int64_t dim : shape) n *= dim;
  return n;
}

int SafetensorsDtypeBits(absl::string_view dtype) {
  constexpr std::pair<absl::string_view, int> kBits[] = {
      {"F4", 4},          {"F6_E2M3", 6},     {"F6_E3M2", 6}, {"BOOL", 8},
      {"U8", 8},          {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8},
      {"F8_E8M0", 8},     {"F8_E4M3FNUZ", 8}, {"I16", 16},    {"U16", 16},
      {"F8_E5M2FNUZ", 8}, {"F16", 16},        {"BF16", 16},   {"I32", 32},
      {"U32", 32},        {"F32", 32},        {"C64", 64},    {"F64", 64},
      {"I64", 64},        {"U64", 64}};
  for (const auto& [name, bits] : kBits) {
    if (name == dtype) return bits;
  }
  return 0;
}

int SafetensorsDtypeSize(absl::string_view dtype) {
  const int bits = SafetensorsDtypeBits(dtype);
  return bits % 8 == 0 ? bits / 8 : 0;
}

absl::StatusOr<SafetensorsReader> SafetensorsReader::Open(
    const std::string& path) {
  SafetensorsReader reader;
  reader.path_ = path;
  NCLAB_ASSIGN_OR_RETURN(reader.fd_, OpenForReading(path));
  struct stat info;
  if (fstat(reader.fd_, &info) != 0) return SystemError("read", path);
  const uint64_t file_size = static_cast<uint64_t>(info.st_size);
  if (file_size < 8) {
    return Wrong(path, absl::StrCat("it has ", file_size,
                                    " bytes; the header's size alone takes 8"));
  }
  uint64_t header_size;
  NCLAB_RETURN_IF_ERROR(ReadAt(reader.fd_, 0, 8, &header_size, path));
  if (header_size > kMaxHeader || header_size > file_size - 8) {
    return Wrong(path, absl::StrCat("it says that its header has ", header_size,
                                    " bytes; the file has ", file_size));
  }
  std::string header(header_size, '\0');
  NCLAB_RETURN_IF_ERROR(
      ReadAt(reader.fd_, 8, header_size, header.data(), path));
  if (header.empty() || header[0] != '{') {
    return Wrong(path, "its header does not begin with '{'");
  }
  RepeatedNames names;
  const Json json = Json::sax_parse(header, &names)
                        ? Json::parse(header, nullptr, false)
                        : Json(Json::value_t::discarded);
  if (json.is_discarded() || !json.is_object()) {
    return Wrong(path, "its header is not JSON");
  }
  if (names.found()) {
    return Wrong(path, "its header has a name twice, of a tensor or in one");
  }
  reader.data_start_ = 8 + header_size;
  reader.file_size_ = file_size;
  const uint64_t data_size = file_size - reader.data_start_;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) return Wrong(path, "__metadata__ is no object");
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) {
          return Wrong(path, absl::StrCat("metadata '", key, "' is no string"));
        }
        reader.metadata_[key] = text.get<std::string>();
      }
      continue;
    }
    NCLAB_ASSIGN_OR_RETURN(SafetensorsEntry entry,
                           ParseEntry(path, name, value, data_size));
    reader.entries_.push_back(std::move(entry));
  }
  NCLAB_RETURN_IF_ERROR(CheckCoverage(path, reader.entries_, data_size));
  return reader;
}

SafetensorsReader::SafetensorsReader(SafetensorsReader&& other) noexcept {
  *this = std::move(other);
}

SafetensorsReader& SafetensorsReader::operator=(
    SafetensorsReader&& other) noexcept {
  path_ = std::move(other.path_);
  std::swap(fd_, other.fd_);
  data_start_ = other.data_start_;
  file_size_ = other.file_size_;
  entries_ = std::move(other.entries_);
  metadata_ = std::move(other.metadata_);
  return *this;
}

SafetensorsReader::~SafetensorsReader() {
  if (fd_ >= 0) close(fd_);
}

const SafetensorsEntry* SafetensorsReader::Find(absl::string_view name) const {
  const auto it = std::lower_bound(
      entries_.begin(), entries_.end(), name,
      [](const SafetensorsEntry& entry, absl::string_view sought) {
        return entry.name < sought;
      });
  return it != entries_.end() && it->name == name ? &*it : nullptr;
}

std::string SafetensorsReader::Names() const {
  constexpr size_t kShown = 20;
  if (entries_.empty()) return "none";
  const size_t shown = std::min(entries_.size(), kShown);
  std::string names = absl::StrJoin(
      entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(shown),
      ", ", [](std::string* out, const SafetensorsEntry& entry) {
        absl::StrAppend(out, entry.name);
      });
  if (shown < entries_.size()) {
    absl::StrAppend(&names, " and ", entries_.size() - shown, " more");
  }
  return names;
}

absl::Status SafetensorsReader::Read(const SafetensorsEntry& entry,
                                     uint64_t offset, uint64_t size,
                                     void* out) const {
  if (offset > entry.end - entry.begin ||
      size > entry.end - entry.begin - offset) {
    return absl::InternalError("Read beyond the end of a tensor.");
  }
  return ReadAt(fd_, data_start_ + entry.begin + offset, size, out, path_);
}

absl::Status SafetensorsReader::VerifyChecksum() const {
  std::string header(data_start_, '\0');
  NCLAB_RETURN_IF_ERROR(ReadAt(fd_, 0, data_start_, header.data(), path_));
  const size_t at = header.find(ChecksumField());
  if (at == std::string::npos ||
      data_start_ - at < ChecksumField().size() + 8) {
    return absl::DataLossError(absl::StrCat(
        path_, " carries no checksum: it is damaged, or of another version."));
  }
  const size_t value = at + ChecksumField().size();
  const std::string expected = header.substr(value, kNoChecksum.size());
  header.replace(value, kNoChecksum.size(), kNoChecksum);
  uint32_t crc = Crc32(0, header.data(), header.size());
  std::string buffer(1 << 20, '\0');
  for (uint64_t offset = data_start_; offset < file_size_;) {
    const uint64_t n = std::min<uint64_t>(buffer.size(), file_size_ - offset);
    NCLAB_RETURN_IF_ERROR(ReadAt(fd_, offset, n, buffer.data(), path_));
    crc = Crc32(crc, buffer.data(), n);
    offset += n;
  }
  if (ChecksumText(crc) == expected) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path_, " is damaged: its checksum is ", ChecksumText(crc),
                   ", not ", expected, "."));
}

absl::Status WriteSafetensors(
    const std::string& path, std::vector<SafetensorsTensor> tensors,
    const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    const int size_a = SafetensorsDtypeSize(a.dtype);
    const int size_b = SafetensorsDtypeSize(b.dtype);
    return size_a != size_b ? size_a > size_b : a.name < b.name;
  });
  // The order of the header's keys is the order of the data.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  const bool checked = metadata.count(kChecksumKey) != 0;
  if (checked) header["__metadata__"][kChecksumKey] = kNoChecksum;
  uint64_t position = 0;
  std::vector<uint64_t> sizes;
  for (const SafetensorsTensor& tensor : tensors) {
    uint64_t bytes = static_cast<uint64_t>(SafetensorsDtypeSize(tensor.dtype));
    for (const int64_t dim : tensor.shape) bytes *= static_cast<uint64_t>(dim);
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {position, position + bytes}}};
    position += bytes;
    sizes.push_back(bytes);
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t header_size = text.size();
  if (checked) {
    uint32_t crc = Crc32(0, &header_size, sizeof(header_size));
    crc = Crc32(crc, text.data(), text.size());
    for (size_t i = 0; i < tensors.size(); ++i) {
      crc = Crc32(crc, tensors[i].data, sizes[i]);
    }
    text.replace(text.find(ChecksumField()) + ChecksumField().size(),
                 kNoChecksum.size(), ChecksumText(crc));
  }

  const absl::string_view size(reinterpret_cast<const char*>(&header_size), 8);
  std::vector<absl::string_view> pieces = {size, text};
  for (size_t i = 0; i < tensors.size(); ++i) {
    pieces.emplace_back(static_cast<const char*>(tensors[i].data), sizes[i]);
  }
  return WriteFileAtomically(path, pieces);
}

}  // namespace nclab
