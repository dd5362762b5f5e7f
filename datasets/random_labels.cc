// random_labels: another dataset whose labels are shuffled over its samples. A
// control: nothing can be learned from it, only memorised.
//
// The labels are a seeded permutation of the real ones, so every class keeps
// its number of samples; the fine labels stay real. The other dataset says how
// its pixels are normalised.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/randperm.h>

#include "datasets/dataset.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

absl::StatusOr<Dataset> MakeRandomLabels(const Params& params,
                                         const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice of,
                         Datasets().Bind(params.String("of")));
  NCLAB_ASSIGN_OR_RETURN(Dataset dataset, LoadDataset(of, context));
  const uint64_t seed = static_cast<uint64_t>(params.Int("seed"));
  for (Split* split : {&dataset.train, &dataset.test}) {
    const bool train = split == &dataset.train;
    if (!train && params.String("splits") == "train") continue;
    at::Generator generator =
        at::detail::createCPUGenerator(seed * 2 + (train ? 0 : 1));
    split->labels = split->labels.index_select(
        0,
        at::randperm(split->size(), generator, at::TensorOptions(at::kLong)));
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "random_labels",
     .summary = "control: the labels of another dataset, shuffled",
     .reference = "Zhang, Bengio, Hardt, Recht, Vinyals, arXiv 1611.03530",
     .params = {DatasetParam("of", "synthetic_images",
                             "the dataset, as cifar10(train_size=5000)"),
                StringParam("splits", "both", "whose labels are shuffled",
                            {"both", "train"}),
                IntParam("seed", 0, "seed of the shuffle")},
     .terms = "those of the other dataset",
     .replaces = {"normalize"}},
    MakeRandomLabels);

}  // namespace
}  // namespace nclab
