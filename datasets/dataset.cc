#include "datasets/dataset.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/view.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {

namespace {

template <typename... Words>
absl::Status Broken(const Words&... words) {
  return absl::InternalError(
      absl::StrCat("its loader is wrong: ", words..., "."));
}

absl::Status CheckLabels(absl::string_view name, const Split& split,
                         int64_t classes) {
  const at::Tensor& labels = split.labels;
  if (!labels.defined() || !labels.is_cpu() ||
      labels.scalar_type() != at::kLong || labels.dim() != 1) {
    return Broken("the labels of the ", name, " split are not int64 [N]");
  }
  if (labels.size(0) != split.samples.size(0)) {
    return Broken("the ", name, " split has ", split.samples.size(0),
                  " samples and ", labels.size(0), " labels");
  }
  const at::Tensor contiguous = labels.contiguous();
  const int64_t* data = contiguous.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (data[i] >= 0 && data[i] < classes) continue;
    return Broken("label ", data[i], " of sample ", i, " of the ", name,
                  " split; it names ", classes, " classes");
  }
  return absl::OkStatus();
}

// That a loader gave what Dataset says: what comes after relies upon it.
absl::Status CheckPromises(const DatasetInfo& info, const Dataset& dataset) {
  for (const Split* split : {&dataset.train, &dataset.test}) {
    const char* name = split == &dataset.train ? "train" : "test";
    const at::Tensor& x = split->samples;
    if (!x.defined() || !x.is_cpu()) {
      return Broken("the ", name, " split has no samples on the CPU");
    }
    const bool images = x.scalar_type() == at::kByte && x.dim() == 4;
    const bool vectors =
        (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) &&
        x.dim() == 2;
    if (!images && !vectors) {
      return Broken("samples of the ", name, " split are ",
                    c10::toString(x.scalar_type()), " [",
                    absl::StrJoin(x.sizes(), ", "),
                    "]; expected uint8 [N, C, H, W], or float [N, D]");
    }
    if (x.numel() == 0) {
      return Broken("the ", name, " split is [", absl::StrJoin(x.sizes(), ", "),
                    "]; expected at least one sample and one number of it");
    }
    NCLAB_RETURN_IF_ERROR(CheckLabels(name, *split, dataset.classes()));
  }
  const at::Tensor& train = dataset.train.samples;
  const at::Tensor& test = dataset.test.samples;
  if (train.scalar_type() != test.scalar_type() ||
      train.sizes().slice(1) != test.sizes().slice(1)) {
    return Broken("training samples are ", c10::toString(train.scalar_type()),
                  " [", absl::StrJoin(train.sizes().slice(1), ", "),
                  "], test samples ", c10::toString(test.scalar_type()), " [",
                  absl::StrJoin(test.sizes().slice(1), ", "),
                  "]; expected the same");
  }
  const size_t channels =
      train.dim() == 4 ? static_cast<size_t>(train.size(1)) : 0;
  if (dataset.stats.mean.size() != dataset.stats.std.size() ||
      (!dataset.stats.mean.empty() && dataset.stats.mean.size() != channels)) {
    return Broken("statistics of ", dataset.stats.mean.size(), " and ",
                  dataset.stats.std.size(), " channels; the images have ",
                  channels);
  }
  for (const auto& [name, superclass] : info.superclasses) {
    const int64_t named = static_cast<int64_t>(superclass.class_names.size());
    const bool inside =
        std::all_of(superclass.targets.begin(), superclass.targets.end(),
                    [&](int64_t target) { return target < named; });
    if (inside &&
        static_cast<int64_t>(superclass.targets.size()) == dataset.classes()) {
      continue;
    }
    return Broken("super-class '", name, "' maps ", superclass.targets.size(),
                  " classes of ", dataset.classes(), " to ", named, " names");
  }
  return absl::OkStatus();
}

}  // namespace

DatasetRegistry& Datasets() {
  static auto* const registry = new DatasetRegistry("dataset");
  return *registry;
}

ParamSpec DatasetParam(std::string name, std::string default_value,
                       std::string help) {
  ParamSpec spec =
      StringParam(std::move(name), std::move(default_value), std::move(help));
  spec.canonical = [](const std::string& text) -> absl::StatusOr<std::string> {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Datasets().Bind(text));
    return choice.ToString();
  };
  return spec;
}

bool RegisterDataset(DatasetInfo info, DatasetFactory factory, const char* file,
                     int line) {
  std::vector<ParamSpec> view = ViewParams(info);
  std::erase_if(view, [&](const ParamSpec& spec) {
    return std::count(info.replaces.begin(), info.replaces.end(), spec.name);
  });
  Datasets().Register(std::move(info), std::move(factory), file, line,
                      std::move(view), "datasets/view.cc");
  return true;
}

absl::StatusOr<Dataset> LoadDataset(const BoundChoice& choice,
                                    const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Datasets().Find(choice.name));
  Dataset dataset;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(dataset, entry->factory(choice.params, context));
    const std::string name = absl::StrCat("dataset '", choice.name, "'");
    NCLAB_RETURN_IF_ERROR(Annotate(CheckPromises(entry->info, dataset), name));
    return Annotate(ApplyView(entry->info, choice.params, dataset), name);
  }));
  return dataset;
}

absl::StatusOr<std::vector<DataFile>> FilesOfDataset(
    const BoundChoice& choice, const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Datasets().Find(choice.name));
  Dataset dataset;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(dataset, entry->factory(choice.params, context));
    return absl::OkStatus();
  }));
  return dataset.files;
}

}  // namespace nclab
