// The test behind nclab_model_kit_test: every promise, for every model that is
// linked in. Arguments: the shape of a sample, as 1,32,32; then choices, as
// resnet18(width=8), for models whose defaults are large.
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "models/testing/model_kit.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"
#include "tools/testing/kit_main.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

absl::Status RegisterTests(const std::vector<std::string>& args) {
  NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> shape,
                         ParseIntList("shape", args.at(0)));
  std::map<std::string, std::string> choices;
  for (const auto* entry : Models().List()) {
    choices[entry->info.name] = entry->info.name;
  }
  for (size_t i = 1; i < args.size(); ++i) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Models().Bind(args[i]));
    choices[bound.name] = args[i];
  }
  for (const auto& [name, choice] : choices) {
    for (const ModelPromise& promise : ModelPromises()) {
      RegisterPromise(
          "model", name, promise.name,
          [promise, choice = choice, shape]() -> absl::Status {
            NCLAB_ASSIGN_OR_RETURN(
                const ModelUnderTest model,
                ModelUnderTest::Create(choice, shape, EmptyTestDirectory()));
            return promise.check(model);
          });
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 2) {
    std::cerr << "usage: model_kit_main SHAPE [CHOICE...]\n";
    return 2;
  }
  if (nclab::Models().List().empty()) {
    std::cerr
        << "No model is linked in: name the nclab_model() targets in deps.\n";
    return 1;
  }
  const absl::Status status = nclab::RegisterTests({argv + 1, argv + argc});
  if (!status.ok()) {
    std::cerr << status.message() << "\n";
    return 2;
  }
  return RUN_ALL_TESTS();
}
