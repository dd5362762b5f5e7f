// What the programs behind nclab_*_kit_test share: one GoogleTest per item and
// promise.
#ifndef NCLAB_TOOLS_TESTING_KIT_MAIN_H_
#define NCLAB_TOOLS_TESTING_KIT_MAIN_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace nclab {

class PromiseTest : public testing::Test {
 public:
  PromiseTest(std::string item, std::string promise,
              std::function<absl::Status()> check)
      : item_(std::move(item)),
        promise_(std::move(promise)),
        check_(std::move(check)) {}

  void TestBody() override {
    const absl::Status status = check_();
    EXPECT_TRUE(status.ok()) << item_ << " breaks the promise " << promise_
                             << ": " << status.message();
  }

 private:
  const std::string item_;  // as "model 'mlp'"
  const std::string promise_;
  const std::function<absl::Status()> check_;
};

// Adds the test `name`.`promise`.
inline void RegisterPromise(const std::string& noun, const std::string& name,
                            const std::string& promise,
                            std::function<absl::Status()> check) {
  const std::string item = noun + " '" + name + "'";
  testing::RegisterTest(
      name.c_str(), promise.c_str(), nullptr, nullptr, __FILE__, __LINE__,
      [=]() -> PromiseTest* { return new PromiseTest(item, promise, check); });
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_KIT_MAIN_H_
