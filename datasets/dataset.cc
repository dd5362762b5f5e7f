#include "datasets/dataset.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "datasets/view.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch_status.h"

namespace nclab {

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
  const std::vector<ParamSpec> own = info.params;
  for (ParamSpec& spec : ViewParams(info)) {
    const bool declared = std::any_of(
        own.begin(), own.end(),
        [&](const ParamSpec& other) { return other.name == spec.name; });
    if (!declared) info.params.push_back(std::move(spec));
  }
  Datasets().Register(std::move(info), std::move(factory), file, line);
  return true;
}

absl::StatusOr<Dataset> LoadDataset(const BoundChoice& choice,
                                    const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Datasets().Find(choice.name));
  Dataset dataset;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(dataset, entry->factory(choice.params, context));
    const absl::Status viewed = ApplyView(entry->info, choice.params, dataset);
    return Annotate(viewed, absl::StrCat("dataset '", choice.name, "'"));
  }));
  return dataset;
}

}  // namespace nclab
