// tensors: samples and labels of a file a split: safetensors, .npz of NumPy,
// .pt of torch.save(), or a folder of .npy files. Each tensor is read from the
// file into place, once.
//
//   samples   [N, C, H, W] or [N, H, W]: uint8, or floats in 0..1; with
//             layout=nhwc [N, H, W, C]
//             [N, D]: floats, features; not normalised
//   labels    [N], integers from 0
// K is the largest label and one; names of the classes are `class_names` of a
// safetensors file's metadata, separated by commas, else their numbers.
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/dataset.h"
#include "datasets/files/checksums.h"
#include "datasets/files/data_files.h"
#include "tools/base/memory.h"
#include "tools/base/registry/path_param.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/tensor_archive.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

constexpr int64_t kMostClasses = 1000000;

absl::Status Wrong(const TensorSource& source, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(
      source.description(), " is ", source.dtype(), " [",
      absl::StrJoin(source.shape(), ", "), "]; expected ", expected, "."));
}

absl::StatusOr<const TensorSource*> Find(const TensorArchive& archive,
                                         const std::string& name) {
  const TensorSource* source = archive.Find(name);
  if (source == nullptr && name == "images") source = archive.Find("features");
  if (source != nullptr) return source;
  return absl::InvalidArgumentError(absl::StrCat(
      archive.path(), " has no tensor '", name, "'",
      name == "images" ? " and no 'features'" : "",
      ". It has: ", archive.Names(), ". Say which with samples= and labels=."));
}

// Samples as Split has them, of a type and shape that it takes.
absl::StatusOr<at::Tensor> Samples(const TensorSource& source, bool nhwc) {
  const size_t dims = source.shape().size();
  const bool images = dims == 4 || dims == 3;
  if (!(images && (source.dtype() == "U8" || source.is_floating())) &&
      !(dims == 2 && source.is_floating())) {
    return Wrong(source,
                 "images [N, C, H, W] or [N, H, W] of uint8 or floats, or "
                 "features [N, D] of floats");
  }
  NCLAB_ASSIGN_OR_RETURN(
      at::Tensor samples,
      source.is_floating() ? source.Floats(0, source.rows()) : source.All());
  if (source.is_floating()) {
    const at::Tensor finite = at::isfinite(samples).flatten(1).all(1);
    if (!finite.all().item<bool>()) {
      const int64_t i = finite.logical_not().nonzero()[0].item<int64_t>();
      return absl::InvalidArgumentError(
          absl::StrCat(source.description(), " holds NaN or infinity in row ",
                       i, "; expected finite numbers."));
    }
  }
  if (dims == 3) return samples.unsqueeze(1);
  if (dims == 4 && nhwc) return samples.permute({0, 3, 1, 2}).contiguous();
  // A picture has few channels; NumPy and Pillow put them last.
  if (dims == 4 && source.shape()[3] <= 4 && source.shape()[1] > 4) {
    return Wrong(source,
                 "channels before rows, [N, C, H, W]; or say layout=nhwc");
  }
  return samples;
}

absl::StatusOr<at::Tensor> Labels(const TensorSource& source, int64_t n) {
  if (!source.is_integer() || source.shape() != std::vector<int64_t>{n}) {
    return Wrong(source, absl::StrCat("integers [", n, "], one a sample"));
  }
  NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> labels, source.Integers());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < kMostClasses) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(source.description(), " has the label ", labels[i],
                     " in row ", i, "; expected 0 to ", kMostClasses - 1, "."));
  }
  return at::tensor(labels, at::kLong);
}

// A byte or a float of each number, and the float that a model sees.
absl::Status CheckSize(const TensorSource& samples) {
  const double bytes = static_cast<double>(samples.row_bytes()) *
                       static_cast<double>(samples.rows());
  return CheckMemory(samples.description(),
                     bytes * (samples.dtype() == "U8" ? 5 : 3));
}

absl::StatusOr<Dataset> LoadTensors(const Params& params,
                                    const DatasetContext& context) {
  Dataset dataset;
  for (Split* split : {&dataset.train, &dataset.test}) {
    const bool train = split == &dataset.train;
    std::string path = params.String(train ? "train" : "test");
    if (path == kDefaultPath) {
      path = absl::StrCat(DataDirectory(context), "/tensors/",
                          train ? "train" : "test", ".safetensors");
    }
    NCLAB_ASSIGN_OR_RETURN(const TensorArchive archive,
                           TensorArchive::Open(path));
    NCLAB_ASSIGN_OR_RETURN(const TensorSource* const samples,
                           Find(archive, params.String("samples")));
    NCLAB_ASSIGN_OR_RETURN(const TensorSource* const labels,
                           Find(archive, params.String("labels")));
    NCLAB_RETURN_IF_ERROR(CheckSize(*samples));
    NCLAB_ASSIGN_OR_RETURN(
        split->samples, Samples(*samples, params.String("layout") == "nhwc"));
    NCLAB_ASSIGN_OR_RETURN(split->labels,
                           Labels(*labels, split->samples.size(0)));
    if (split->labels.numel() == 0) {
      return Wrong(*samples, "at least one sample");
    }
    if (train) {
      const auto named = archive.metadata().find("class_names");
      if (named != archive.metadata().end()) {
        dataset.class_names = SplitList(named->second);
      }
    }
    for (const std::string& file : archive.files()) {
      NCLAB_ASSIGN_OR_RETURN(std::string sum, Sha256OfFile(file));
      dataset.files.push_back({file, std::move(sum), false});
    }
  }
  const int64_t classes = std::max<int64_t>(
      {dataset.classes(), 1 + dataset.train.labels.max().item<int64_t>(),
       1 + dataset.test.labels.max().item<int64_t>()});
  while (dataset.classes() < classes) {
    dataset.class_names.push_back(absl::StrCat(dataset.classes()));
  }
  if (dataset.train.samples.sizes().slice(1) !=
          dataset.test.samples.sizes().slice(1) ||
      dataset.train.samples.scalar_type() !=
          dataset.test.samples.scalar_type()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Training samples are ",
        c10::toString(dataset.train.samples.scalar_type()), " [",
        absl::StrJoin(dataset.train.samples.sizes().slice(1), ", "),
        "], test samples ", c10::toString(dataset.test.samples.scalar_type()),
        " [", absl::StrJoin(dataset.test.samples.sizes().slice(1), ", "),
        "]; expected the same."));
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "tensors",
     .summary = "samples and labels of a file of tensors a split",
     .reference = "nclab, datasets/tensors.cc",
     .params =
         {PathParam("train",
                    "safetensors, .npz, .pt of torch.save() or a folder of "
                    ".npy; default: `tensors/train.safetensors` in --data_dir"),
          PathParam("test", "the same of the test split"),
          StringParam("samples", "images",
                      "name of the tensor of images or features; images: or "
                      "`features`, whichever is there"),
          StringParam("labels", "labels", "name of the tensor of labels"),
          StringParam("layout", "nchw", "axes of images", {"nchw", "nhwc"})},
     .terms = "the user's own"},
    LoadTensors);

}  // namespace
}  // namespace nclab
