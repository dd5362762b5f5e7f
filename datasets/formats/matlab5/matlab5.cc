#include "datasets/formats/matlab5/matlab5.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/formats/matlab5/matlab5_source.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr uint64_t kHeader = 128;
constexpr uint32_t kArray = 14;
constexpr uint32_t kCompressed = 15;
constexpr uint64_t kMaxNdim = 8;
constexpr uint64_t kMaxName = 63;  // namelengthmax of MATLAB

template <typename T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

absl::StatusOr<uint32_t> ReadWord(Matlab5Source& source) {
  std::string bytes;
  NCLAB_RETURN_IF_ERROR(source.Read(4, bytes));
  return Load<uint32_t>(bytes.data());
}

struct Tag {
  uint32_t type;
  uint64_t size;
  bool small;  // the data are in the tag's second word
};

absl::StatusOr<Tag> ReadTag(Matlab5Source& source, uint64_t& left) {
  if (left < 8) {
    return source.Wrong(absl::StrCat("the array ends after ", left,
                                     " bytes; expected the 8 of a tag."));
  }
  left -= 8;
  NCLAB_ASSIGN_OR_RETURN(const uint32_t first, ReadWord(source));
  if (first >> 16 != 0) {
    const Tag tag{first & 0xffff, first >> 16, true};
    if (tag.size > 4) {
      return source.Wrong(absl::StrCat("a small element of ", tag.size,
                                       " bytes; expected at most 4."));
    }
    return tag;
  }
  NCLAB_ASSIGN_OR_RETURN(const uint32_t size, ReadWord(source));
  const uint64_t padded = (uint64_t{size} + 7) / 8 * 8;
  if (padded > left) {
    return source.Wrong(absl::StrCat("an element of ", size, " bytes, but the ",
                                     "array ends after ", left, "."));
  }
  left -= padded;
  return Tag{first, size, false};
}

// The data after `tag` and their padding. Appends the data to `out`.
absl::Status ReadData(Matlab5Source& source, const Tag& tag, std::string& out) {
  NCLAB_RETURN_IF_ERROR(source.Read(tag.size, out));
  const uint64_t padding = tag.small ? 4 - tag.size : (8 - tag.size % 8) % 8;
  std::string ignored;
  return source.Read(padding, ignored);
}

// A sub-element of which `type` and a size up to `max_size` are expected.
absl::StatusOr<std::string> ReadPart(Matlab5Source& source, uint64_t& left,
                                     absl::string_view what, uint32_t type,
                                     uint64_t max_size) {
  NCLAB_ASSIGN_OR_RETURN(const Tag tag, ReadTag(source, left));
  if (tag.type != type) {
    return source.Wrong(absl::StrCat("an element of type ", tag.type,
                                     "; expected type ", type, ", the ", what,
                                     " of an array."));
  }
  if (tag.size > max_size) {
    return source.Wrong(absl::StrCat("the ", what, " of an array take ",
                                     tag.size, " bytes; expected at most ",
                                     max_size, "."));
  }
  std::string data;
  NCLAB_RETURN_IF_ERROR(ReadData(source, tag, data));
  return data;
}

// Replaces numbers of type T in `values` by bytes, in place.
template <typename T>
absl::Status Narrow(const Matlab5Source& source, std::string& values) {
  const size_t n = values.size() / sizeof(T);
  for (size_t i = 0; i < n; ++i) {
    const T value = Load<T>(values.data() + i * sizeof(T));
    bool whole = value >= T(0) && static_cast<double>(value) <= 255;
    if constexpr (std::is_floating_point_v<T>) {
      whole = whole && value == std::floor(value);
    }
    if (!whole) {
      return source.Wrong(absl::StrCat("value ", i, " is ", +value,
                                       "; expected a whole number from 0 to "
                                       "255."));
    }
    values[i] = static_cast<char>(static_cast<uint8_t>(value));
  }
  values.resize(n);
  return absl::OkStatus();
}

// How a number of a type is stored.
struct Storage {
  uint32_t type;
  uint64_t size;
  absl::Status (*narrow)(const Matlab5Source&, std::string&);
};

constexpr Storage kStorages[] = {
    {1, 1, Narrow<int8_t>},   {2, 1, nullptr},
    {3, 2, Narrow<int16_t>},  {4, 2, Narrow<uint16_t>},
    {5, 4, Narrow<int32_t>},  {6, 4, Narrow<uint32_t>},
    {7, 4, Narrow<float>},    {9, 8, Narrow<double>},
    {12, 8, Narrow<int64_t>}, {13, 8, Narrow<uint64_t>},
};

absl::Status ReadValues(Matlab5Source& source, uint64_t& left,
                        MatlabArray& array) {
  NCLAB_ASSIGN_OR_RETURN(const Tag tag, ReadTag(source, left));
  const auto* storage =
      std::find_if(std::begin(kStorages), std::end(kStorages),
                   [&](const Storage& one) { return one.type == tag.type; });
  if (storage == std::end(kStorages)) {
    return source.Wrong(absl::StrCat("data of type ", tag.type,
                                     "; expected a type of numbers: 1 to 7, 9, "
                                     "12 or 13."));
  }
  const bool empty =
      std::find(array.dims.begin(), array.dims.end(), 0) != array.dims.end();
  uint64_t expected = empty ? 0 : storage->size;
  for (const int64_t dim : array.dims) {
    if (expected > tag.size) break;  // before it overflows
    expected *= static_cast<uint64_t>(dim);
  }
  if (expected != tag.size) {
    return source.Wrong(
        absl::StrCat("the dimensions ", absl::StrJoin(array.dims, "x"),
                     " take another ", "number of bytes than the ", tag.size,
                     " there are (", storage->size, " a value)."));
  }
  if (tag.size > source.Limit()) {
    return source.Wrong(absl::StrCat("data of ", tag.size, " bytes; at most ",
                                     source.Limit(), " can follow."));
  }
  // Takes address space; memory comes with what is read.
  array.values.reserve(tag.size);
  NCLAB_RETURN_IF_ERROR(ReadData(source, tag, array.values));
  if (storage->narrow == nullptr) return absl::OkStatus();
  return storage->narrow(source, array.values);
}

// Reads an array of `left` bytes. Stops after the name if it is not among
// `names`.
absl::StatusOr<MatlabArray> ReadArray(Matlab5Source& source, uint64_t left,
                                      const std::vector<std::string>& names) {
  MatlabArray array;
  NCLAB_ASSIGN_OR_RETURN(const std::string flags,
                         ReadPart(source, left, "flags", 6, 8));
  if (flags.size() != 8) {
    return source.Wrong(absl::StrCat("the flags of an array take ",
                                     flags.size(), " bytes; expected 8."));
  }
  NCLAB_ASSIGN_OR_RETURN(const std::string dims,
                         ReadPart(source, left, "dimensions", 5, 4 * kMaxNdim));
  if (dims.size() % 4 != 0 || dims.size() < 8) {
    return source.Wrong(
        absl::StrCat("the dimensions of an array take ", dims.size(),
                     " bytes; expected 4 for each of 2 to ", kMaxNdim, "."));
  }
  for (size_t i = 0; i < dims.size(); i += 4) {
    array.dims.push_back(Load<int32_t>(dims.data() + i));
    if (array.dims.back() < 0) {
      return source.Wrong(absl::StrCat("dimension ", i / 4, " of an array is ",
                                       array.dims.back(),
                                       "; expected at least 0."));
    }
  }
  NCLAB_ASSIGN_OR_RETURN(array.name,
                         ReadPart(source, left, "name", 1, kMaxName));
  source.SetVariable(array.name);
  if (std::find(names.begin(), names.end(), array.name) == names.end()) {
    return array;
  }
  const int kind = static_cast<uint8_t>(flags[0]);
  if (kind < 6 || kind > 15) {
    return source.Wrong(absl::StrCat("an array of class ", kind,
                                     "; expected one of numbers, 6 to 15."));
  }
  if ((flags[1] & 0x08) != 0) {
    return source.Wrong("an array of complex numbers; expected real ones.");
  }
  NCLAB_RETURN_IF_ERROR(ReadValues(source, left, array));
  if (left > 0) {
    return source.Wrong(absl::StrCat(left,
                                     " bytes of the array follow its "
                                     "data; expected none."));
  }
  NCLAB_RETURN_IF_ERROR(source.Finish());
  return array;
}

// The element of `size` bytes at `offset`, which is inside the file.
absl::StatusOr<MatlabArray> ReadElement(const std::string& path,
                                        absl::string_view bytes,
                                        uint64_t offset, uint32_t type,
                                        const std::vector<std::string>& names) {
  if (type == kArray) {
    const auto source = StoredBytes(path, offset, bytes);
    return ReadArray(*source, bytes.size(), names);
  }
  const auto source = InflatedBytes(path, offset, bytes);
  NCLAB_ASSIGN_OR_RETURN(const uint32_t inner, ReadWord(*source));
  if (inner != kArray) {
    return source->Wrong(absl::StrCat("an element of type ", inner,
                                      "; expected an array, type ", kArray,
                                      "."));
  }
  NCLAB_ASSIGN_OR_RETURN(const uint32_t size, ReadWord(*source));
  return ReadArray(*source, size, names);
}

absl::Status CheckHeader(const std::string& path, absl::string_view bytes) {
  if (bytes.size() < kHeader) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " is truncated: it has ", bytes.size(),
        " bytes; the header of a MATLAB file alone takes ", kHeader, "."));
  }
  if (absl::StartsWith(bytes, "MATLAB 7.3 ")) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        " is a MATLAB 7.3 (HDF5) file; expected level 5, which MATLAB "
        "writes with save('-v7')."));
  }
  const absl::string_view mark = bytes.substr(126, 2);
  if (mark == "MI") {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     " has the byte order mark 'MI' at offset 126: big-endian; "
                     "expected 'IM', little-endian."));
  }
  if (mark != "IM") {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " is not a MATLAB level 5 file: the bytes at offset 126 are ",
        static_cast<int>(static_cast<uint8_t>(mark[0])), " and ",
        static_cast<int>(static_cast<uint8_t>(mark[1])),
        "; expected 'IM', 73 and 77."));
  }
  const uint16_t version = Load<uint16_t>(bytes.data() + 124);
  if (version != 0x0100) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has the version ", version,
                     " at offset 124; expected 256 (level 5)."));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<MatlabArray>> ParseMatlab5(
    const std::string& path, absl::string_view bytes,
    const std::vector<std::string>& names) {
  NCLAB_RETURN_IF_ERROR(CheckHeader(path, bytes));
  std::vector<MatlabArray> arrays(names.size());
  std::vector<std::string> found;
  uint64_t offset = kHeader;
  while (offset < bytes.size()) {
    const uint64_t left = bytes.size() - offset;
    if (left < 8) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, " ends with ", left, " bytes at offset ", offset,
          "; expected an element, which has at least 8, or none."));
    }
    const uint32_t type = Load<uint32_t>(bytes.data() + offset);
    const uint32_t size = Load<uint32_t>(bytes.data() + offset + 4);
    if (type != kArray && type != kCompressed) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " has an element of type ", type, " at offset ",
                       offset, "; expected ", kArray, " (array) or ",
                       kCompressed, " (compressed)."));
    }
    if (size > left - 8) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " is truncated: the element at offset ", offset,
                       " says it has ", size,
                       " bytes after its tag; the file "
                       "has ",
                       left - 8, " left."));
    }
    NCLAB_ASSIGN_OR_RETURN(MatlabArray array,
                           ReadElement(path, bytes.substr(offset + 8, size),
                                       offset + 8, type, names));
    const std::string name = array.name;
    const auto wanted = std::find(names.begin(), names.end(), name);
    if (wanted != names.end()) {
      if (std::find(found.begin(), found.end(), name) != found.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, " holds the variable '", name,
                         "' twice, again at offset ", offset, "."));
      }
      arrays[static_cast<size_t>(wanted - names.begin())] = std::move(array);
    }
    found.push_back(name);
    offset += 8 + uint64_t{size};
  }
  for (const std::string& name : names) {
    if (std::find(found.begin(), found.end(), name) == found.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, " holds no variable '", name, "'; found: ",
          found.empty() ? "none" : absl::StrJoin(found, ", "), "."));
    }
  }
  return arrays;
}

}  // namespace nclab
