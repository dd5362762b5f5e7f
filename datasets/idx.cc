// idx: a folder of four IDX files, as those of EMNIST, KMNIST and others of
// MNIST's format:
//
//   PREFIX train-images-idx3-ubyte   PREFIX train-labels-idx1-ubyte
//   PREFIX t10k-... or PREFIX test-..., each raw or .gz
// Labels may be any bytes (EMNIST's letters count from 1): those of the
// training split, in order, are the classes, named by their numbers.
#include "datasets/formats/idx.h"

#include <ATen/ops/bincount.h>
#include <ATen/ops/full.h>

#include "absl/strings/str_cat.h"
#include "datasets/files/data_files.h"
#include "tools/base/files/files.h"
#include "tools/base/registry/path_param.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr int64_t kLabels = 256;

// The file of the first of `names`, raw or .gz, in `directory`.
absl::StatusOr<LoadedFile> Read(const std::string& directory,
                                const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const char* ending : {"", ".gz"}) {
      const std::string path = absl::StrCat(directory, "/", name, ending);
      if (FileExists(path)) return ReadDataFile(path);
    }
  }
  return absl::NotFoundError(absl::StrCat(
      directory, " has no ", names[0], " (or the same with .gz). Say what ",
      "stands before with prefix=, as emnist-letters-."));
}

// New labels of `split`: `number` of the old ones, -1 where there is none.
absl::Status Renumber(const at::Tensor& number, const std::string& path,
                      Split& split) {
  const at::Tensor labels = number.index_select(0, split.labels);
  const at::Tensor unknown = labels.lt(0).nonzero();
  if (unknown.numel() > 0) {
    const int64_t i = unknown[0].item<int64_t>();
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": sample ", i, " has the label ",
        split.labels[i].item<int64_t>(), ", which no training sample has."));
  }
  split.labels = labels;
  return absl::OkStatus();
}

absl::StatusOr<Dataset> LoadIdx(const Params& params,
                                const DatasetContext& context) {
  std::string directory = params.String("dir");
  if (directory == kDefaultPath) directory = DataDirectory(context) + "/idx";
  std::string prefix = params.String("prefix");
  if (prefix == "none") prefix.clear();
  Dataset dataset;
  at::Tensor number = at::full({kLabels}, -1, at::TensorOptions(at::kLong));
  for (Split* split : {&dataset.train, &dataset.test}) {
    const bool train = split == &dataset.train;
    const auto names = [&](const char* kind) {
      std::vector<std::string> all;
      for (const char* word : {"t10k", "test"}) {
        all.push_back(absl::StrCat(prefix, train ? "train" : word, kind));
      }
      return all;
    };
    NCLAB_ASSIGN_OR_RETURN(const LoadedFile images,
                           Read(directory, names("-images-idx3-ubyte")));
    NCLAB_ASSIGN_OR_RETURN(const LoadedFile labels,
                           Read(directory, names("-labels-idx1-ubyte")));
    NCLAB_ASSIGN_OR_RETURN(*split, ParseIdxSplit(images, labels, kLabels));
    if (params.Bool("transpose")) {
      split->samples = split->samples.transpose(2, 3).contiguous();
    }
    if (train) {
      const at::Tensor counts = at::bincount(split->labels, {}, kLabels);
      for (int64_t label = 0; label < kLabels; ++label) {
        if (counts[label].item<int64_t>() == 0) continue;
        number[label].fill_(dataset.classes());
        dataset.class_names.push_back(absl::StrCat(label));
      }
    }
    NCLAB_RETURN_IF_ERROR(Renumber(number, labels.origin.path, *split));
    dataset.files.push_back(images.origin);
    dataset.files.push_back(labels.origin);
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "idx",
     .summary = "a folder of IDX files, as of EMNIST and KMNIST",
     .reference = "the format of LeCun, Bottou, Bengio, Haffner 1998",
     .params = {PathParam("dir", "the folder; default: `idx` in --data_dir"),
                StringParam("prefix", "none",
                            "what their names begin with, as emnist-letters-"),
                BoolParam("transpose", false,
                          "swaps rows and columns, as EMNIST's pictures need")},
     .terms = "the user's own"},
    LoadIdx);

}  // namespace
}  // namespace nclab
