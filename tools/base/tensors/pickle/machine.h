// The stack machine of a pickle, with the instructions that tensors need.
#ifndef NCLAB_TOOLS_BASE_TENSORS_PICKLE_MACHINE_H_
#define NCLAB_TOOLS_BASE_TENSORS_PICKLE_MACHINE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/base/tensors/pickle/pickle.h"

namespace nclab {

enum class PickleKind {
  kPlain,  // nothing that is asked for
  kText,
  kNumber,
  kSequence,
  kMapping,
  kGlobal,
  kStorage,
  kTensor
};

struct PickleValue {
  PickleKind kind = PickleKind::kPlain;
  int64_t number = 0;
  std::string text;  // of a global: "torch.Size"
  // Of a sequence, and of a mapping key and value in turn.
  std::vector<const PickleValue*> items;
  PickledTensor tensor;  // of a storage: dtype and record
};

// Runs `pickle`. The value that it leaves lies, with all that it refers to, in
// `values`; it may refer to itself. \error as TensorsOfPickle().
absl::StatusOr<const PickleValue*> RunPickle(absl::string_view pickle,
                                             std::deque<PickleValue>& values);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_PICKLE_MACHINE_H_
