// Kill -9 at random instants: whatever happens, the same call goes on and ends
// in the bytes of a run that nobody disturbed.
//
// The runs are forks of this process, so that an attempt costs no start of
// LibTorch; this process itself never computes.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/training/testing/tiny_run.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/test_device.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A checkpoint at every step: most of the time is spent in writing files.
RunOptions Busy(const std::string& directory) {
  RunOptions options = TinyOptions(directory);
  options.checkpoint_every = absl::ZeroDuration();
  return options;
}

// A process that runs what is left and exits with 0 if it finished.
pid_t Start(const RunSpec& spec, const std::string& directory) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const auto outcome = Train(CanonicalOf(spec), Busy(directory));
  if (!outcome.ok()) {
    std::fprintf(stderr, "%s\n", outcome.status().ToString().c_str());
  }
  _exit(outcome.ok() && outcome->state == RunOutcome::State::kDone ? 0 : 1);
}

int WaitFor(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

bool HasTemporary(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (absl::EndsWith(entry.path().filename().string(), ".tmp")) return true;
  }
  return false;
}

struct Recipe {
  const char* name;
  int kills;
  const char *optimizer, *stream;
};

RunSpec SpecOf(const Recipe& recipe) {
  RunSpec spec = TinySpec();
  spec.optimizer = recipe.optimizer;
  spec.stream = recipe.stream;
  if (std::string(recipe.stream) == "fresh") {
    // Enough for 60 steps of 32.
    spec.dataset =
        "gaussian_etf(num_classes=3,per_class=700,test_samples=12,dim=8)";
  } else if (std::string(recipe.stream) == "augmented") {
    spec.dataset =
        "synthetic_images(train=60,test=12,classes=3,size=8,channels=1)";
  }
  return spec;
}

class Fault : public testing::TestWithParam<Recipe> {};

TEST_P(Fault, KilledAtRandomInstantsItEndsInTheSameBytes) {
  const RunSpec spec = SpecOf(GetParam());
  const std::string root = EmptyTestDirectory();
  const auto start = Clock::now();
  ASSERT_EQ(WaitFor(Start(spec, root + "/undisturbed")), 0);
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
      Clock::now() - start);
  const std::string expected = ResultsOf(root + "/undisturbed");

  std::mt19937 engine(2202);
  int kills = 0, in_checkpoint = 0, before_first = 0, runs = 0;
  while (kills < GetParam().kills) {
    const std::string directory = absl::StrCat(root, "/run", runs++);
    for (bool finished = false; !finished;) {
      const pid_t pid = Start(spec, directory);
      // Uniform over an undisturbed run; late ones find it finished.
      usleep(static_cast<useconds_t>(
          std::uniform_int_distribution<int64_t>(0, whole.count())(engine)));
      kill(pid, SIGKILL);
      const int status = WaitFor(pid);
      if (WIFEXITED(status)) {
        ASSERT_EQ(WEXITSTATUS(status), 0) << directory;
        finished = true;
        continue;
      }
      ++kills;
      in_checkpoint += HasTemporary(directory + "/checkpoints");
      before_first += RunDirectory(directory).CheckpointSteps().empty();
      // At most a few kills a run, so that later ones are not all late.
      if (kills % 3 == 0) {
        ASSERT_EQ(WaitFor(Start(spec, directory)), 0) << directory;
        finished = true;
      }
    }
    ASSERT_TRUE(ResultsOf(directory) == expected) << directory;
    ASSERT_TRUE(RunDirectory(directory).Done());
    ASSERT_FALSE(HasTemporary(directory + "/checkpoints"));
    ASSERT_FALSE(DirectoryExists(directory + "/damaged"))
        << "a kill left a file that is not whole";
    fs::remove_all(directory);
  }
  std::printf(
      "%d kills in %d runs: %d while a checkpoint was written, %d before the "
      "first\n",
      kills, runs, in_checkpoint, before_first);
  // Where a process takes long to begin, on CUDA, most are killed before that.
  if (TestDevice() == "cpu" && kills >= 50) {
    EXPECT_GE(in_checkpoint, 3) << "checkpoints are hardly ever interrupted";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, Fault,
    testing::Values(Recipe{"sgd", 50, "sgd", "epochs"},
                    Recipe{"adam", 15, "adam", "epochs"},
                    Recipe{"fresh", 15, "adamw", "fresh"},
                    Recipe{"augmented", 15, "sgd(nesterov=true)", "augmented"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace nclab
