// Where tests train: the CPU, or what NCLAB_TEST_DEVICE names.
#ifndef NCLAB_TOOLS_TESTING_TEST_DEVICE_H_
#define NCLAB_TOOLS_TESTING_TEST_DEVICE_H_

#include <cstdlib>
#include <string>

namespace nclab {

// "cpu", or for "bazel test --test_env=NCLAB_TEST_DEVICE=cuda" on a machine
// with a GPU "cuda".
inline std::string TestDevice() {
  const char* named = std::getenv("NCLAB_TEST_DEVICE");
  return named == nullptr ? "cpu" : named;
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_TEST_DEVICE_H_
