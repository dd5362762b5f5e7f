// Writes a dataset's raw samples and labels as a safetensors file, for tests
// that compare them elsewhere: train.samples, train.labels, test.samples,
// test.labels.
#include <gflags/gflags.h>

#include "datasets/dataset.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

DEFINE_string(data_dir, "", "as in //tools:train");
DEFINE_string(output, "", "safetensors file to write");

namespace nclab {
namespace {

absl::StatusOr<int> Run(const std::vector<std::string>& choices) {
  if (choices.size() != 1 || FLAGS_output.empty()) {
    return absl::InvalidArgumentError(
        "Expected one dataset and --output=F.safetensors.");
  }
  const std::string output = UserPath(FLAGS_output);
  NCLAB_RETURN_IF_ERROR(CheckOutputFiles({output}));
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Datasets().Bind(choices[0]));
  NCLAB_ASSIGN_OR_RETURN(const Dataset dataset,
                         LoadDataset(bound, {FLAGS_data_dir}));
  std::vector<std::string> inputs;
  for (const DataFile& file : dataset.files) inputs.push_back(file.path);
  NCLAB_RETURN_IF_ERROR(CheckOutputFiles({output}, inputs));
  NCLAB_RETURN_IF_ERROR(
      SaveTensors(output, {{"train.samples", dataset.train.samples},
                           {"train.labels", dataset.train.labels},
                           {"test.samples", dataset.test.samples},
                           {"test.labels", dataset.test.labels}}));
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(argc, argv,
                        {"Writes a dataset's raw samples and labels.\n\n"
                         "  dump --data_dir=DIR --output=F.safetensors svhn",
                         nclab::Run});
}
