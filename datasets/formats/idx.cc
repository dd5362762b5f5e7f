#include "datasets/formats/idx.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Checks magic number and size; `dims` is 1 or 3. Returns the dimensions.
absl::StatusOr<std::vector<int64_t>> ParseHeader(const std::string& path,
                                                 absl::string_view bytes,
                                                 int dims) {
  const size_t header = 4 + 4 * static_cast<size_t>(dims);
  if (bytes.size() < header) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is truncated: it has ", bytes.size(),
                     " bytes; the IDX header alone takes ", header, "."));
  }
  const auto word = [&](int i) {
    const char* at = bytes.data() + 4 * i;
    return (static_cast<uint32_t>(static_cast<uint8_t>(at[0])) << 24) |
           (static_cast<uint32_t>(static_cast<uint8_t>(at[1])) << 16) |
           (static_cast<uint32_t>(static_cast<uint8_t>(at[2])) << 8) |
           static_cast<uint32_t>(static_cast<uint8_t>(at[3]));
  };
  const uint32_t expected_magic = 0x800 + static_cast<uint32_t>(dims);
  if (word(0) != expected_magic) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " has the magic number ", word(0), " at offset 0; expected ",
        expected_magic, " (IDX ", dims == 1 ? "labels" : "images", ")."));
  }
  std::vector<int64_t> shape;
  // 96 bits hold any product of three 32-bit numbers that passes the check.
  unsigned __int128 size = 1;
  for (int i = 1; i <= dims; ++i) {
    shape.push_back(word(i));
    size *= word(i);
  }
  if (size + header != bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, size + header > bytes.size() ? " is truncated" : " is too long",
        ": its header says ", shape[0], dims == 1 ? " labels" : " images",
        dims == 1 ? "" : absl::StrCat(" of ", shape[1], "x", shape[2]),
        ", which take ",
        size > (1ull << 62) ? "more bytes than any file has"
                            : absl::StrCat(static_cast<uint64_t>(size) + header,
                                           " bytes with the header"),
        "; the file has ", bytes.size(), "."));
  }
  if (shape[0] == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds no samples; expected at least one."));
  }
  if (size == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds images of ", shape[1], "x", shape[2],
                     "; expected at least one pixel."));
  }
  return shape;
}

}  // namespace

absl::StatusOr<at::Tensor> ParseIdxImages(const std::string& path,
                                          absl::string_view bytes) {
  NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> shape,
                         ParseHeader(path, bytes, 3));
  at::Tensor images = at::empty({shape[0], 1, shape[1], shape[2]},
                                at::TensorOptions(at::kByte));
  std::memcpy(images.mutable_data_ptr(), bytes.data() + 16, bytes.size() - 16);
  return images;
}

absl::StatusOr<at::Tensor> ParseIdxLabels(const std::string& path,
                                          absl::string_view bytes,
                                          int64_t classes) {
  NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> shape,
                         ParseHeader(path, bytes, 1));
  at::Tensor labels = at::empty({shape[0]}, at::TensorOptions(at::kLong));
  int64_t* out = labels.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < shape[0]; ++i) {
    out[i] = static_cast<uint8_t>(bytes[8 + i]);
    if (out[i] >= classes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " has the label ", out[i], " at offset ", 8 + i,
                       "; expected 0 to ", classes - 1, "."));
    }
  }
  return labels;
}

absl::StatusOr<Split> ParseIdxSplit(const LoadedFile& images,
                                    const LoadedFile& labels, int64_t classes) {
  Split split;
  NCLAB_ASSIGN_OR_RETURN(split.samples,
                         ParseIdxImages(images.origin.path, images.bytes));
  NCLAB_ASSIGN_OR_RETURN(
      split.labels, ParseIdxLabels(labels.origin.path, labels.bytes, classes));
  if (split.samples.size(0) != split.labels.size(0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(images.origin.path, " holds ", split.samples.size(0),
                     " images, but ", labels.origin.path, " holds ",
                     split.labels.size(0), " labels; expected as many."));
  }
  return split;
}

absl::StatusOr<Dataset> LoadIdxDataset(const DatasetInfo& info,
                                       std::vector<std::string> class_names,
                                       const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<LoadedFile> loaded,
                         ReadOfficialFiles(info, context));
  Dataset result;
  const int64_t classes = static_cast<int64_t>(class_names.size());
  result.class_names = std::move(class_names);
  for (Split* split : {&result.train, &result.test}) {
    LoadedFile& images = loaded[split == &result.train ? 0 : 2];
    LoadedFile& labels = loaded[split == &result.train ? 1 : 3];
    NCLAB_ASSIGN_OR_RETURN(*split, ParseIdxSplit(images, labels, classes));
    if (split->samples.size(2) != 28 || split->samples.size(3) != 28) {
      return absl::InvalidArgumentError(absl::StrCat(
          images.origin.path, " holds images of ", split->samples.size(2), "x",
          split->samples.size(3), "; expected 28x28."));
    }
    result.files.push_back(images.origin);
    result.files.push_back(labels.origin);
  }
  return result;
}

std::vector<OfficialFile> IdxFiles(absl::string_view train_images_sha256,
                                   absl::string_view train_labels_sha256,
                                   absl::string_view test_images_sha256,
                                   absl::string_view test_labels_sha256) {
  return {{"train-images-idx3-ubyte", std::string(train_images_sha256), ""},
          {"train-labels-idx1-ubyte", std::string(train_labels_sha256), ""},
          {"t10k-images-idx3-ubyte", std::string(test_images_sha256), ""},
          {"t10k-labels-idx1-ubyte", std::string(test_labels_sha256), ""}};
}

std::vector<Download> IdxDownloads(const std::vector<int64_t>& bytes,
                                   const std::vector<std::string>& sha256,
                                   const std::vector<std::string>& mirrors) {
  std::vector<Download> downloads;
  for (const OfficialFile& file : IdxFiles("", "", "", "")) {
    const size_t i = downloads.size();
    Download download{file.name + ".gz", bytes[i], sha256[i], {}};
    for (const std::string& mirror : mirrors) {
      download.urls.push_back(mirror + download.name);
    }
    downloads.push_back(std::move(download));
  }
  return downloads;
}

}  // namespace nclab
