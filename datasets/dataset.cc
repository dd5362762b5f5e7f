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

// `kind` is "label" or "fine label".
absl::Status CheckLabels(absl::string_view name, absl::string_view kind,
                         const at::Tensor& labels, int64_t samples,
                         int64_t classes) {
  if (!labels.defined() || !labels.is_cpu() ||
      labels.scalar_type() != at::kLong || labels.dim() != 1) {
    return Broken("the ", kind, "s of the ", name, " split are not int64 [N]");
  }
  if (labels.size(0) != samples) {
    return Broken("the ", name, " split has ", samples, " samples and ",
                  labels.size(0), " ", kind, "s");
  }
  const at::Tensor contiguous = labels.contiguous();
  const int64_t* data = contiguous.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (data[i] >= 0 && data[i] < classes) continue;
    return Broken(kind, " ", data[i], " of sample ", i, " of the ", name,
                  " split; it names ", classes, " classes");
  }
  return absl::OkStatus();
}

absl::Status CheckNormalization(const DatasetInfo& info,
                                const Dataset& dataset) {
  const Normalization& given = dataset.normalization;
  const at::Tensor& images = dataset.train.samples;
  if (!given.mean.defined() && !given.std.defined()) {
    if (images.dim() == 4 &&
        std::count(info.replaces.begin(), info.replaces.end(), "normalize")) {
      return Broken("it stands in for `normalize` and sets no normalization");
    }
    return absl::OkStatus();
  }
  for (const at::Tensor* number : {&given.mean, &given.std}) {
    if (images.dim() == 4 && number->defined() && number->is_cpu() &&
        number->scalar_type() == at::kDouble &&
        (number->sizes() == images.sizes().slice(1) ||
         number->sizes() == at::IntArrayRef({images.size(1), 1, 1}))) {
      continue;
    }
    return Broken("its normalization has a ",
                  number == &given.mean ? "mean" : "std",
                  " that is not double [C, 1, 1] or [C, H, W] of its images");
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
    const bool real =
        x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
    const bool images = (real || x.scalar_type() == at::kByte) && x.dim() == 4;
    if (!images && !(real && x.dim() == 2)) {
      return Broken("samples of the ", name, " split are ",
                    c10::toString(x.scalar_type()), " [",
                    absl::StrJoin(x.sizes(), ", "),
                    "]; expected uint8 or float [N, C, H, W], or float [N, D]");
    }
    if (x.numel() == 0) {
      return Broken("the ", name, " split is [", absl::StrJoin(x.sizes(), ", "),
                    "]; expected at least one sample and one number of it");
    }
    NCLAB_RETURN_IF_ERROR(CheckLabels(name, "label", split->labels, x.size(0),
                                      dataset.classes()));
    if (!split->fine_labels.defined()) continue;
    NCLAB_RETURN_IF_ERROR(
        CheckLabels(name, "fine label", split->fine_labels, x.size(0),
                    static_cast<int64_t>(dataset.fine_class_names.size())));
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
  if (dataset.train.fine_labels.defined() !=
      dataset.test.fine_labels.defined()) {
    return Broken("one split has fine labels, the other none");
  }
  NCLAB_RETURN_IF_ERROR(CheckNormalization(info, dataset));
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
  const std::string item = absl::StrCat("dataset '", info.name, "'");
  Datasets().Register(std::move(info),
                      NamingWhatItThrows(item, std::move(factory)), file, line,
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
