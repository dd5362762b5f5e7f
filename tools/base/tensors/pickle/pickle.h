// The pickle of torch.save(): containers of tensors, read without running it.
//
// A pickle is a program for a stack machine that may call any Python function.
// Here only the instructions that build containers, numbers, texts and dense
// tensors are followed, and only by name: like torch.load(weights_only=True).
// LibTorch's own reader is not used: it makes nothing of an OrderedDict, which
// is what state_dict() gives, and believes sizes.
#ifndef NCLAB_TOOLS_BASE_TENSORS_PICKLE_PICKLE_H_
#define NCLAB_TOOLS_BASE_TENSORS_PICKLE_PICKLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

struct PickledTensor {
  std::string name;  // keys and indices on the way to it: "state_dict.fc1.bias"
  std::string dtype;   // as in safetensors; of others PyTorch's storage class
  std::string record;  // the storage's name in the archive
  int64_t offset = 0;  // into the storage, in numbers
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // as many, in numbers
};

// The tensors of dictionaries, lists and tuples within one another, in their
// order; numbers, texts and other plain values are passed over. Sizes and
// offsets are at least 0, and not compared with any storage.
// \error kInvalidArgument, a reason without the file's name: the class or
// function that is no tensor, or the byte where it is not a pickle.
absl::StatusOr<std::vector<PickledTensor>> TensorsOfPickle(
    absl::string_view pickle);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_PICKLE_PICKLE_H_
