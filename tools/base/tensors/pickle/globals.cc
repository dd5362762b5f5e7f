#include "tools/base/tensors/pickle/globals.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace nclab {

std::string PickledDtype(absl::string_view name) {
  static const auto* const dtypes = new std::map<std::string, std::string>{
      {"Float", "F32"},     {"float32", "F32"},   {"Double", "F64"},
      {"float64", "F64"},   {"Half", "F16"},      {"float16", "F16"},
      {"BFloat16", "BF16"}, {"bfloat16", "BF16"}, {"Long", "I64"},
      {"int64", "I64"},     {"Int", "I32"},       {"int32", "I32"},
      {"Short", "I16"},     {"int16", "I16"},     {"Char", "I8"},
      {"int8", "I8"},       {"Byte", "U8"},       {"uint8", "U8"},
      {"Bool", "BOOL"},     {"bool", "BOOL"},     {"uint16", "U16"},
      {"uint32", "U32"},    {"uint64", "U64"}};
  absl::ConsumePrefix(&name, "torch.");
  absl::ConsumePrefix(&name, "storage.");
  absl::ConsumeSuffix(&name, "Storage");
  const auto found = dtypes->find(std::string(name));
  return found == dtypes->end() ? std::string(name) : found->second;
}

bool IsTensorGlobal(absl::string_view global) {
  for (const absl::string_view known :
       {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
        "torch.Size", "torch.device"}) {
    if (global == known) return true;
  }
  absl::string_view name = global;
  if (!absl::ConsumePrefix(&name, "torch.")) return false;
  absl::ConsumePrefix(&name, "storage.");
  return !absl::StrContains(name, ".") &&
         (absl::EndsWith(name, "Storage") || PickledDtype(name) != name ||
          absl::StartsWith(name, "complex") ||
          absl::StartsWith(name, "float8"));
}

}  // namespace nclab
