#include "tools/base/tensors/tensor_source.h"

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
#include "tools/base/files/files.h"
#include "tools/base/memory.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/npy_header.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/base/torch/torch_status.h"

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
  NpyData(ByteReader file, uint64_t begin, NpyHeader header, uint64_t item)
      : file_(std::move(file)),
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
      NCLAB_RETURN_IF_ERROR(file_(begin_ + offset, size, out));
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
      NCLAB_RETURN_IF_ERROR(file_(begin_ + (columns_[j] * rows + first) * item_,
                                  column.size(), column.data()));
      for (uint64_t i = 0; i < count; ++i) {
        std::memcpy(out + i * width + j * item_, column.data() + i * item_,
                    item_);
      }
    }
    return absl::OkStatus();
  }

  ByteReader file_;
  uint64_t begin_;
  uint64_t item_;
  NpyHeader header_;
  std::vector<uint64_t> columns_;  // empty: C order
};

// Numbers that lie at strides, as C order. Small: read whole at first.
class StridedData {
 public:
  StridedData(ByteReader file, std::vector<int64_t> shape,
              std::vector<int64_t> strides, uint64_t item)
      : file_(std::move(file)),
        shape_(std::move(shape)),
        strides_(std::move(strides)),
        item_(item) {}

  // Bytes [offset, offset + size): whole numbers.
  absl::Status Read(uint64_t offset, uint64_t size, void* out) {
    if (size == 0) return absl::OkStatus();
    if (span_.empty()) {
      uint64_t last = 0;
      for (size_t d = 0; d < shape_.size(); ++d) {
        last += static_cast<uint64_t>((shape_[d] - 1) * strides_[d]);
      }
      NCLAB_RETURN_IF_ERROR(
          CheckMemory("a tensor that is not in C order",
                      static_cast<double>((last + 1) * item_)));
      std::vector<char> span((last + 1) * item_);
      NCLAB_RETURN_IF_ERROR(file_(0, span.size(), span.data()));
      span_ = std::move(span);
    }
    char* to = static_cast<char*>(out);
    for (uint64_t i = offset / item_; i < (offset + size) / item_; ++i) {
      uint64_t rest = i, from = 0;
      for (size_t d = shape_.size(); d-- > 0;) {
        const uint64_t extent = static_cast<uint64_t>(shape_[d]);
        from += rest % extent * static_cast<uint64_t>(strides_[d]);
        rest /= extent;
      }
      std::memcpy(to, span_.data() + from * item_, item_);
      to += item_;
    }
    return absl::OkStatus();
  }

 private:
  const ByteReader file_;
  const std::vector<int64_t> shape_, strides_;
  const uint64_t item_;
  std::vector<char> span_;
};

bool IsCOrder(const std::vector<int64_t>& shape,
              const std::vector<int64_t>& strides) {
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    if (shape[d] != 1 && strides[d] != stride) return false;
    stride *= shape[d];
  }
  return true;
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

absl::StatusOr<OpenedBytes> OpenBytes(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(const int fd, OpenForReading(path));
  const auto file = std::make_shared<const OpenFile>(fd);
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError("read", path);
  return OpenedBytes{static_cast<uint64_t>(info.st_size),
                     [file, path](uint64_t offset, uint64_t size, void* out) {
                       return ReadAt(file->get(), offset, size, out, path);
                     }};
}

absl::StatusOr<TensorSource> TensorSource::OpenNpy(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(OpenedBytes file, OpenBytes(path));
  absl::StatusOr<TensorSource> source =
      FromNpy(path, file.size, std::move(file.read));
  if (!absl::IsUnimplemented(source.status())) return source;
  return absl::InvalidArgumentError(source.status().message());
}

absl::StatusOr<TensorSource> TensorSource::FromNpy(std::string description,
                                                   uint64_t size,
                                                   ByteReader read) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat(description, " is not a valid .npy file: ", what, "."));
  };
  std::string start(std::min(size, kNpyPrefixBytes), '\0');
  NCLAB_RETURN_IF_ERROR(read(0, start.size(), start.data()));
  const absl::StatusOr<NpyPrefix> prefix = ParseNpyPrefix(start);
  if (!prefix.ok()) return wrong(prefix.status().message());
  if (prefix->data_begin > size) {
    return wrong(absl::StrCat("its header ends at byte ", prefix->data_begin,
                              ", the file at ", size));
  }
  std::string text(prefix->data_begin - prefix->header_begin, '\0');
  NCLAB_RETURN_IF_ERROR(read(prefix->header_begin, text.size(), text.data()));
  const absl::StatusOr<NpyHeader> header = ParseNpyHeader(text);
  if (absl::IsUnimplemented(header.status())) {
    return absl::UnimplementedError(
        absl::StrCat(description, " has ", header.status().message(), "."));
  }
  if (!header.ok()) return wrong(header.status().message());

  TensorSource source;
  source.description_ = description;
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
      std::move(read), prefix->data_begin, *header, item);
  source.read_ = [numbers](uint64_t offset, uint64_t count, void* out) {
    return numbers->Read(offset, count, out);
  };
  source.SetLayout();
  return source;
}

TensorSource TensorSource::Strided(std::string description, std::string dtype,
                                   std::vector<int64_t> shape,
                                   const std::vector<int64_t>& strides,
                                   ByteReader read) {
  TensorSource source;
  source.description_ = std::move(description);
  source.dtype_ = std::move(dtype);
  source.shape_ = std::move(shape);
  if (IsCOrder(source.shape_, strides)) {
    source.read_ = std::move(read);
  } else {
    const auto numbers = std::make_shared<StridedData>(
        std::move(read), source.shape_, strides,
        static_cast<uint64_t>(SafetensorsDtypeSize(source.dtype_)));
    source.read_ = [numbers](uint64_t offset, uint64_t size, void* out) {
      return numbers->Read(offset, size, out);
    };
  }
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

absl::StatusOr<at::Tensor> TensorSource::Rows(int64_t begin,
                                              int64_t end) const {
  const std::optional<at::ScalarType> type = TorchDtype(dtype_);
  if (!type) {
    return absl::InvalidArgumentError(
        absl::StrCat(description_, " has dtype ", dtype_,
                     ", which cannot be computed with."));
  }
  std::vector<int64_t> shape = shape_;
  if (!shape.empty()) shape[0] = end - begin;
  NCLAB_RETURN_IF_ERROR(CheckMemory(
      description_,
      static_cast<double>(end - begin) * static_cast<double>(row_bytes_)));
  at::Tensor rows;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    rows = at::empty(shape, at::TensorOptions(*type));
    return read_(static_cast<uint64_t>(begin * row_bytes_),
                 static_cast<uint64_t>((end - begin) * row_bytes_),
                 rows.mutable_data_ptr());
  }));
  return rows;
}

absl::StatusOr<at::Tensor> TensorSource::Floats(int64_t begin,
                                                int64_t end) const {
  NCLAB_ASSIGN_OR_RETURN(const at::Tensor rows, Rows(begin, end));
  return rows.scalar_type() == at::kHalf || rows.scalar_type() == at::kBFloat16
             ? rows.to(at::kFloat)
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
