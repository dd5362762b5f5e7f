// Loads datasets and prints what that took: seconds, the samples' size, and the
// most memory this process had. Run it with one dataset for the last.
#include <gflags/gflags.h>
#include <sys/resource.h>

#include <cstdio>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/dataset.h"
#include "tools/base/errors.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

DEFINE_string(data_dir, "", "as in //tools:train");

namespace nclab {
namespace {

absl::StatusOr<int> Run(const std::vector<std::string>& choices) {
  for (const std::string& choice : choices) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Datasets().Bind(choice));
    const absl::Time start = absl::Now();
    NCLAB_ASSIGN_OR_RETURN(const Dataset dataset,
                           LoadDataset(bound, {FLAGS_data_dir}));
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double megabytes =
        1e-6 * static_cast<double>(dataset.train.samples.nbytes() +
                                   dataset.test.samples.nbytes());
    const double peak = 1.024e-3 * static_cast<double>(usage.ru_maxrss);
    std::printf("%s: %.2f s, samples %.0f MB, peak memory %.0f MB\n",
                choice.c_str(), seconds, megabytes, peak);
  }
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Times the loading of datasets.\n\n  load_benchmark cifar10",
       nclab::Run});
}
