#include "metrics/features/readers/tensor_source.h"

#include <ATen/ops/empty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "metrics/features/readers/npy_header.h"
#include "tools/base/files/files.h"
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

  int get() const { return fd_; }

 private:
  int fd_;
};

// The numbers of an .npy file as C order, little-endian.
class NpyData {
 public:
  NpyData(std::shared_ptr<const OpenFile> file, std::string path,
          uint64_t begin, NpyHeader header, uint64_t item)
      : file_(std::move(file)),
        path_(std::move(path)),
        begin_(begin),
        item_(item),
        header_(std::move(header)) {
    const bool empty = absl::c_linear_search(header_.shape, 0);
    if (header_.fortran_order && header_.shape.size() > 1 && !empty) {
      OrderColumns();
    }
  }

  // Bytes [offset, offset + size): whole rows.
  absl::Status Read(uint64_t offset, uint64_t size, void* out) const {
    if (columns_.empty()) {
      NCLAB_RETURN_IF_ERROR(
          ReadAt(file_->get(), begin_ + offset, size, out, path_));
    } else {
      const uint64_t width = columns_.size() * item_;
      NCLAB_RETURN_IF_ERROR(
          ReadColumns(offset / width, size / width, static_cast<char*>(out)));
    }
    if (!header_.big_endian) return absl::OkStatus();
    for (char* at = static_cast<char*>(out); size > 0; size -= item_) {
      std::reverse(at, at + item_);
      at += item_;
    }
    return absl::OkStatus();
  }

 private:
  // columns_[j]: where the j-th number of a row in C order stands among the
  // columns of the file, whose first index runs fastest.
  void OrderColumns() {
    columns_ = {0};
    uint64_t stride = 1;
    for (size_t dim = 1; dim < header_.shape.size(); ++dim) {
      const uint64_t extent = static_cast<uint64_t>(header_.shape[dim]);
      std::vector<uint64_t> next;
      for (const uint64_t column : columns_) {
        for (uint64_t i = 0; i < extent; ++i) {
          next.push_back(column + i * stride);
        }
      }
      columns_ = std::move(next);
      stride *= extent;
    }
  }

  absl::Status ReadColumns(uint64_t first, uint64_t count, char* out) const {
    const uint64_t rows = static_cast<uint64_t>(header_.shape[0]);
    const uint64_t width = columns_.size() * item_;
    std::vector<char> column(count * item_);
    for (size_t j = 0; j < columns_.size(); ++j) {
      NCLAB_RETURN_IF_ERROR(
          ReadAt(file_->get(), begin_ + (columns_[j] * rows + first) * item_,
                 column.size(), column.data(), path_));
      for (uint64_t i = 0; i < count; ++i) {
        std::memcpy(out + i * width + j * item_, column.data() + i * item_,
                    item_);
      }
    }
    return absl::OkStatus();
  }

  std::shared_ptr<const OpenFile> file_;
  std::string path_;
  uint64_t begin_;
  uint64_t item_;
  NpyHeader header_;
  std::vector<uint64_t> columns_;  // empty: C order
};

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
  NCLAB_ASSIGN_OR_RETURN(const int fd, OpenForReading(path));
  const auto file = std::make_shared<const OpenFile>(fd);
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError("read", path);
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  std::string start(std::min(size, kNpyPrefixBytes), '\0');
  NCLAB_RETURN_IF_ERROR(ReadAt(fd, 0, start.size(), start.data(), path));
  const absl::StatusOr<NpyPrefix> prefix = ParseNpyPrefix(start);
  if (!prefix.ok()) return wrong(prefix.status().message());
  if (prefix->data_begin > size) {
    return wrong(absl::StrCat("its header ends at byte ", prefix->data_begin,
                              ", the file at ", size));
  }
  std::string text(prefix->data_begin - prefix->header_begin, '\0');
  NCLAB_RETURN_IF_ERROR(
      ReadAt(fd, prefix->header_begin, text.size(), text.data(), path));
  const absl::StatusOr<NpyHeader> header = ParseNpyHeader(text);
  if (!header.ok()) return wrong(header.status().message());

  TensorSource source;
  source.description_ = path;
  source.dtype_ = header->dtype;
  source.shape_ = header->shape;
  const uint64_t item =
      static_cast<uint64_t>(SafetensorsDtypeSize(source.dtype_));
  const uint64_t data = size - prefix->data_begin;
  uint64_t bytes = item;
  for (const int64_t extent : source.shape_) {
    const uint64_t factor = static_cast<uint64_t>(extent);
    if (factor != 0 && bytes > std::numeric_limits<int64_t>::max() / factor) {
      return wrong(absl::StrCat("shape (", absl::StrJoin(source.shape_, ", "),
                                ") in a file of ", size, " bytes"));
    }
    bytes *= factor;
  }
  if (data != bytes) {
    return wrong(
        absl::StrCat(data, " bytes of data; shape and type need ", bytes));
  }
  const auto numbers = std::make_shared<const NpyData>(
      file, path, prefix->data_begin, *header, item);
  source.read_ = [numbers](uint64_t offset, uint64_t count, void* out) {
    return numbers->Read(offset, count, out);
  };
  source.SetLayout();
  return source;
}

bool TensorSource::is_floating() const {
  return dtype_ == "F16" || dtype_ == "BF16" || dtype_ == "F32" ||
         dtype_ == "F64";
}

bool TensorSource::is_integer() const {
  const bool known = SafetensorsDtypeSize(dtype_) > 0;
  return known && (dtype_ == "BOOL" || dtype_[0] == 'I' || dtype_[0] == 'U');
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
