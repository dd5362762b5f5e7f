#include "metrics/tensor_source.h"

#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// An open file, closed with the last reader of it.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(fd_); }

  absl::Status Read(const std::string& path, uint64_t offset, uint64_t size,
                    void* out) const {
    char* to = static_cast<char*>(out);
    while (size > 0) {
      const ssize_t got = pread(fd_, to, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        return absl::DataLossError(absl::StrCat(
            path, ": ", size, " bytes from ", offset, " on cannot be read",
            got < 0 ? absl::StrCat(" (", std::strerror(errno), ")")
                    : "; the file has become shorter",
            "."));
      }
      to += got;
      offset += static_cast<uint64_t>(got);
      size -= static_cast<uint64_t>(got);
    }
    return absl::OkStatus();
  }

 private:
  int fd_;
};

// The value of a key in the header's Python dictionary, up to `end`; "" if
// there is none.
absl::string_view HeaderValue(absl::string_view header, absl::string_view key,
                              char end) {
  const size_t at = header.find(absl::StrCat("'", key, "':"));
  if (at == absl::string_view::npos) return "";
  absl::string_view rest = header.substr(at + key.size() + 3);
  const size_t stop = rest.find(end);
  if (stop == absl::string_view::npos) return "";
  return absl::StripAsciiWhitespace(rest.substr(0, stop));
}

// NumPy's name of a type to that of safetensors; "" if there is none.
std::string DtypeOfNpy(absl::string_view descr) {
  const std::pair<const char*, const char*> kTypes[] = {
      {"<f2", "F16"}, {"<f4", "F32"}, {"<f8", "F64"}, {"|b1", "BOOL"},
      {"|i1", "I8"},  {"<i2", "I16"}, {"<i4", "I32"}, {"<i8", "I64"},
      {"|u1", "U8"},  {"<u2", "U16"}, {"<u4", "U32"}, {"<u8", "U64"}};
  for (const auto& [npy, name] : kTypes) {
    if (descr == npy) return name;
  }
  return "";
}

// numbers of T as int64; false if one does not fit.
template <typename T>
bool Widen(const std::vector<char>& bytes, std::vector<int64_t>& out) {
  for (size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    if (sizeof(T) == 8 && !std::numeric_limits<T>::is_signed &&
        static_cast<uint64_t>(value) >
            static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return false;
    }
    out[i] = static_cast<int64_t>(value);
  }
  return true;
}

}  // namespace

TensorSource::TensorSource(std::shared_ptr<const SafetensorsReader> file,
                           const SafetensorsEntry& entry)
    : description_(absl::StrCat(file->path(), ", tensor '", entry.name, "'")),
      dtype_(entry.dtype),
      shape_(entry.shape) {
  read_ = [file, entry](uint64_t offset, uint64_t size, void* out) {
    return file->Read(entry, offset, size, out);
  };
  SetLayout();
}

void TensorSource::SetLayout() {
  numel_ = row_bytes_ = 0;
  // Dimensions of an empty tensor may be anything; their product may overflow.
  if (std::find(shape_.begin(), shape_.end(), 0) != shape_.end()) return;
  numel_ = 1;
  for (const int64_t extent : shape_) numel_ *= extent;
  row_bytes_ = numel_ / rows() * SafetensorsDtypeSize(dtype_);
}

absl::StatusOr<TensorSource> TensorSource::OpenNpy(const std::string& path) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is not a valid .npy file: ", what, "."));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return absl::NotFoundError(
        absl::StrCat(path, ": ", std::strerror(errno), "."));
  }
  const auto file = std::make_shared<OpenFile>(fd);
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return wrong("it is not a regular file");
  }
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  unsigned char start[12] = {};
  if (size < 10) return wrong("it has fewer than 10 bytes");
  NCLAB_RETURN_IF_ERROR(file->Read(path, 0, size < 12 ? size : 12, start));
  if (std::memcmp(start, "\x93NUMPY", 6) != 0) {
    return wrong("it does not begin with the bytes 93 'NUMPY'");
  }
  const int version = start[6];
  if (version < 1 || version > 3) {
    return wrong(absl::StrCat("version ", version, "; 1 to 3 are known"));
  }
  uint64_t length = start[8] + 256u * start[9], begin = 10;
  if (version > 1) {
    length += (uint64_t{start[10]} << 16) + (uint64_t{start[11]} << 24);
    begin = 12;
  }
  if (begin + length > size || length > 65536) {
    return wrong(
        absl::StrCat("a header of ", length, " bytes in a file of ", size));
  }
  std::string header(length, ' ');
  NCLAB_RETURN_IF_ERROR(file->Read(path, begin, length, header.data()));

  TensorSource source;
  source.description_ = path;
  absl::string_view descr = HeaderValue(header, "descr", ',');
  if (!absl::ConsumePrefix(&descr, "'") || !absl::ConsumeSuffix(&descr, "'")) {
    return wrong("its header has no simple 'descr'");
  }
  source.dtype_ = DtypeOfNpy(descr);
  if (source.dtype_.empty()) {
    return wrong(
        absl::StrCat("numbers of type '", descr,
                     "'; little-endian floats, integers and bool are known"));
  }
  if (HeaderValue(header, "fortran_order", ',') != "False") {
    return wrong("fortran_order is not False; save it in C order");
  }
  absl::string_view shape = HeaderValue(header, "shape", ')');
  if (!absl::ConsumePrefix(&shape, "(")) return wrong("it has no shape");
  uint64_t bytes = static_cast<uint64_t>(SafetensorsDtypeSize(source.dtype_));
  for (absl::string_view word : absl::StrSplit(shape, ',')) {
    word = absl::StripAsciiWhitespace(word);
    if (word.empty()) continue;
    int64_t extent = 0;
    if (!absl::SimpleAtoi(word, &extent) || extent < 0) {
      return wrong(absl::StrCat("shape (", shape, ")"));
    }
    if (extent != 0 && bytes > size * 16 / static_cast<uint64_t>(extent)) {
      return wrong(
          absl::StrCat("shape (", shape, ") in a file of ", size, " bytes"));
    }
    bytes *= static_cast<uint64_t>(extent);
    source.shape_.push_back(extent);
  }
  if (size - begin - length != bytes) {
    return wrong(absl::StrCat(size - begin - length,
                              " bytes of data; shape and type need ", bytes));
  }
  const uint64_t data = begin + length;
  source.read_ = [file, path, data](uint64_t offset, uint64_t count,
                                    void* out) {
    return file->Read(path, data + offset, count, out);
  };
  source.SetLayout();
  return source;
}

bool TensorSource::is_floating() const {
  return dtype_ == "F16" || dtype_ == "BF16" || dtype_ == "F32" ||
         dtype_ == "F64";
}

bool TensorSource::is_integer() const {
  return dtype_ == "BOOL" || dtype_[0] == 'I' || dtype_[0] == 'U';
}

absl::StatusOr<at::Tensor> TensorSource::Floats(int64_t begin,
                                                int64_t end) const {
  const at::ScalarType type = dtype_ == "F16"    ? at::kHalf
                              : dtype_ == "BF16" ? at::kBFloat16
                              : dtype_ == "F32"  ? at::kFloat
                                                 : at::kDouble;
  std::vector<int64_t> shape = shape_;
  if (!shape.empty()) shape[0] = end - begin;
  const at::Tensor rows = at::empty(shape, at::TensorOptions(type));
  NCLAB_RETURN_IF_ERROR(read_(static_cast<uint64_t>(begin * row_bytes_),
                              static_cast<uint64_t>((end - begin) * row_bytes_),
                              rows.mutable_data_ptr()));
  return type == at::kHalf || type == at::kBFloat16 ? rows.to(at::kFloat)
                                                    : rows;
}

absl::StatusOr<std::vector<int64_t>> TensorSource::Integers() const {
  const size_t size = static_cast<size_t>(SafetensorsDtypeSize(dtype_));
  std::vector<int64_t> values(static_cast<size_t>(numel_));
  std::vector<char> bytes(values.size() * size);
  NCLAB_RETURN_IF_ERROR(read_(0, bytes.size(), bytes.data()));
  const bool is_unsigned = dtype_[0] == 'U' || dtype_ == "BOOL";
  bool fits = true;
  switch (size) {
    case 1:
      is_unsigned ? Widen<uint8_t>(bytes, values)
                  : Widen<int8_t>(bytes, values);
      break;
    case 2:
      is_unsigned ? Widen<uint16_t>(bytes, values)
                  : Widen<int16_t>(bytes, values);
      break;
    case 4:
      is_unsigned ? Widen<uint32_t>(bytes, values)
                  : Widen<int32_t>(bytes, values);
      break;
    default:
      fits = is_unsigned ? Widen<uint64_t>(bytes, values)
                         : Widen<int64_t>(bytes, values);
  }
  if (!fits) {
    return absl::InvalidArgumentError(
        absl::StrCat(description_, " holds a number beyond 2^63."));
  }
  return values;
}

}  // namespace nclab
