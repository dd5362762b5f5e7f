#include "datasets/view.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/normalize.h"
#include "tools/base/memory.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Which samples of one split are wanted.
struct Request {
  std::string split;      // "train" or "test", for messages
  std::string prefix;     // of its parameters in messages
  std::string skip_name;  // "skip" or "test_skip"
  int64_t size;
  int64_t per_class;
  int64_t skip;
};

absl::Status TooMany(const Request& request, absl::string_view parameter,
                     int64_t asked, int64_t available,
                     absl::string_view of_what) {
  return absl::InvalidArgumentError(absl::StrCat(
      request.prefix, parameter, "=", asked,
      request.skip > 0
          ? absl::StrCat(" after ", request.skip_name, "=", request.skip)
          : "",
      " asks for more samples than there are: ", of_what, " has ", available,
      "."));
}

// Positions of the wanted samples, in order. `order` lists the positions to
// choose from; `labels` are the original ones.
absl::StatusOr<std::vector<int64_t>> Choose(const Request& request,
                                            const std::vector<int64_t>& order,
                                            const std::vector<int64_t>& labels,
                                            int64_t classes) {
  if (request.size > 0 && request.per_class > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("Both ", request.prefix, "size and ", request.prefix,
                     "per_class are given; give one."));
  }
  std::vector<int64_t> chosen;
  if (request.per_class > 0) {
    std::vector<int64_t> seen(classes, 0);
    for (const int64_t i : order) {
      const int64_t rank = seen[labels[i]]++;
      if (rank >= request.skip && rank - request.skip < request.per_class) {
        chosen.push_back(i);
      }
    }
    for (int64_t c = 0; c < classes; ++c) {
      if (seen[c] > 0 && seen[c] - request.skip < request.per_class) {
        return TooMany(
            request, "per_class", request.per_class, seen[c],
            absl::StrCat("class ", c, " of the ", request.split, " split"));
      }
    }
    return chosen;
  }
  const int64_t available = static_cast<int64_t>(order.size());
  if (request.skip >= available && request.skip > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        request.skip_name, "=", request.skip, " leaves no sample of the ",
        request.split, " split, which has ", available, "."));
  }
  int64_t end = available;
  if (request.size > 0) {
    if (request.size > available - request.skip) {
      return TooMany(request, "size", request.size, available,
                     absl::StrCat("the ", request.split, " split"));
    }
    end = request.skip + request.size;
  }
  return std::vector<int64_t>(order.begin() + request.skip,
                              order.begin() + end);
}

at::Tensor ToTensor(const std::vector<int64_t>& values) {
  return at::tensor(values, at::TensorOptions(at::kLong));
}

// The samples that `request` keeps, with their positions in the split before.
absl::StatusOr<std::vector<int64_t>> ViewSplit(const Request& request,
                                               const SuperClass* superclass,
                                               int64_t classes, bool random,
                                               int64_t seed, Split& split) {
  const int64_t n = split.size();
  const at::Tensor labels_tensor = split.labels.contiguous();
  const int64_t* data = labels_tensor.const_data_ptr<int64_t>();
  const std::vector<int64_t> labels(data, data + n);
  std::vector<int64_t> order(n);
  if (random) {
    at::Generator generator =
        at::detail::createCPUGenerator(static_cast<uint64_t>(seed));
    const at::Tensor permutation =
        at::randperm(n, generator, at::TensorOptions(at::kLong));
    std::copy_n(permutation.const_data_ptr<int64_t>(), n, order.begin());
  } else {
    std::iota(order.begin(), order.end(), 0);
  }
  if (superclass != nullptr) {
    std::erase_if(
        order, [&](int64_t i) { return superclass->targets[labels[i]] < 0; });
  }
  NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> chosen,
                         Choose(request, order, labels, classes));
  if (chosen.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "The view leaves no sample of the ", request.split, " split."));
  }
  bool identity = static_cast<int64_t>(chosen.size()) == n;
  for (int64_t i = 0; identity && i < n; ++i) identity = chosen[i] == i;
  if (!identity) {
    const at::Tensor index = ToTensor(chosen);
    split.samples = split.samples.index_select(0, index);
    split.labels = split.labels.index_select(0, index);
    if (split.fine_labels.defined()) {
      split.fine_labels = split.fine_labels.index_select(0, index);
    }
  }
  if (!split.fine_labels.defined()) split.fine_labels = split.labels;
  if (superclass != nullptr) {
    split.labels = ToTensor(superclass->targets).index_select(0, split.labels);
  }
  return chosen;
}

// Makes labels wrong with probability `noise` each. What happens to a sample
// depends on the seed and on its position in the whole split, not on the view.
at::Tensor NoisyLabels(const at::Tensor& labels,
                       const std::vector<int64_t>& positions, int64_t whole,
                       int64_t classes, double noise, int64_t seed) {
  at::Generator generator =
      at::detail::createCPUGenerator(static_cast<uint64_t>(seed));
  const at::Tensor at = ToTensor(positions);
  const at::Tensor wrong =
      at::rand({whole}, generator, at::TensorOptions(at::kDouble))
          .index_select(0, at)
          .lt(noise);
  const at::Tensor shift =
      at::rand({whole}, generator, at::TensorOptions(at::kDouble))
          .index_select(0, at)
          .mul_(static_cast<double>(classes - 1))
          .floor_()
          .add_(1)
          .to(at::kLong);
  return labels.add(shift.mul_(wrong)).remainder(classes);
}

absl::Status CheckShape(const Params& params, Dataset& dataset) {
  if (dataset.train.samples.dim() != 4) {
    for (const char* name : {"image_size", "channels"}) {
      if (params.Int(name) == 0) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(name, "=", params.Int(name),
                       " has no meaning for samples that are not images."));
    }
    return absl::OkStatus();
  }
  const int64_t high = dataset.train.samples.size(2);
  const int64_t wide = dataset.train.samples.size(3);
  const int64_t loaded_channels = dataset.train.samples.size(1);
  // 0 keeps what the view of an inner dataset has set.
  if (params.Int("image_size") != 0) {
    dataset.image_size = params.Int("image_size");
  }
  if (params.Int("channels") != 0) dataset.channels = params.Int("channels");
  if (dataset.image_size != 0 && dataset.image_size < std::max(high, wide)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "image_size=", dataset.image_size, " is smaller than the images, ",
        high, "x", wide, "; expected at least ", std::max(high, wide),
        " (images are padded, never cut)."));
  }
  if (dataset.channels != 0 && dataset.channels != loaded_channels &&
      loaded_channels != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "channels=", dataset.channels, " for images of ", loaded_channels,
        " channels; only grey images are repeated to more channels."));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<ParamSpec> ViewParams(const DatasetInfo& info) {
  std::vector<ParamSpec> params = {
      IntParam("train_size", 0, "training samples to keep; 0: all"),
      IntParam("train_per_class", 0,
               "training samples of each original class to keep; 0: all"),
      IntParam("test_size", 0, "test samples to keep; 0: all"),
      IntParam("test_per_class", 0,
               "test samples of each original class to keep; 0: all"),
      IntParam("skip", 0,
               "training samples to leave out first (of each class with "
               "train_per_class)"),
      IntParam("test_skip", 0,
               "test samples to leave out first (of each class with "
               "test_per_class)"),
      StringParam("subset", "first", "which samples a size keeps",
                  {"first", "random"}),
      IntParam("subset_seed", 0, "seed of subset=random"),
  };
  std::vector<std::string> superclasses = {"none"};
  for (const auto& [name, superclass] : info.superclasses) {
    superclasses.push_back(name);
  }
  params.push_back(StringParam("superclass", "none",
                               "map of classes to super-classes",
                               std::move(superclasses)));
  params.push_back(IntParam("image_size", 0,
                            "side to pad images to, with black; 0: as they are",
                            0, 4096));
  params.push_back(IntParam("channels", 0,
                            "channels to repeat grey images to; 0: as they are",
                            0, 64));
  params.push_back(NormalizeParam());
  params.push_back(FloatParam(
      "label_noise", 0,
      "probability that a training label is wrong, any wrong class alike", 0,
      1));
  params.push_back(IntParam("label_noise_seed", 0, "seed of label_noise"));
  return params;
}

absl::Status ApplyView(const DatasetInfo& info, const Params& params,
                       Dataset& dataset) {
  // Of the whole train split; that of an inner dataset stays.
  if (std::count(info.replaces.begin(), info.replaces.end(), "normalize") ==
      0) {
    NCLAB_ASSIGN_OR_RETURN(
        dataset.normalization,
        MakeNormalization(params.String("normalize"), dataset.train.samples));
  }
  NCLAB_RETURN_IF_ERROR(CheckShape(params, dataset));
  const SuperClass* superclass = nullptr;
  if (params.String("superclass") != "none") {
    superclass = &info.superclasses.at(params.String("superclass"));
  }
  const bool random = params.String("subset") == "random";
  const int64_t seed = params.Int("subset_seed");
  const int64_t classes = dataset.classes();
  const int64_t whole = dataset.train.size();
  if (dataset.fine_class_names.empty()) {
    dataset.fine_class_names = dataset.class_names;
  }
  NCLAB_ASSIGN_OR_RETURN(
      const std::vector<int64_t> kept,
      ViewSplit({"train", "train_", "skip", params.Int("train_size"),
                 params.Int("train_per_class"), params.Int("skip")},
                superclass, classes, random, seed, dataset.train));
  NCLAB_ASSIGN_OR_RETURN(
      const std::vector<int64_t> kept_of_test,
      ViewSplit({"test", "test_", "test_skip", params.Int("test_size"),
                 params.Int("test_per_class"), params.Int("test_skip")},
                superclass, classes, random, seed, dataset.test));
  if (superclass != nullptr) dataset.class_names = superclass->class_names;
  // Grey images that are repeated to more channels take the memory of one.
  std::vector<int64_t> shape = SampleShape(dataset);
  shape[0] = dataset.train.samples.size(1);
  double bytes = 4.0 * static_cast<double>(kept.size() + kept_of_test.size());
  for (const int64_t size : shape) bytes *= static_cast<double>(size);
  NCLAB_RETURN_IF_ERROR(
      CheckMemory(absl::StrCat("what a model sees of ", kept.size(), " + ",
                               kept_of_test.size(), " samples of ",
                               absl::StrJoin(shape, "x")),
                  bytes));
  if (params.Float("label_noise") > 0) {
    dataset.train.labels = NoisyLabels(
        dataset.train.labels, kept, whole, dataset.classes(),
        params.Float("label_noise"), params.Int("label_noise_seed"));
  }
  return absl::OkStatus();
}

}  // namespace nclab
