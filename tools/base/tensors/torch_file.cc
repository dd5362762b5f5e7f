#include "tools/base/tensors/torch_file.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// State dicts of a hundred thousand tensors have pickles of some 10 MB.
constexpr uint64_t kLargestPickle = 64 << 20;

// "name/" of "name/data.pkl", without which there is nothing.
const ZipMember* FindPickle(const ZipFile& zip) {
  for (const ZipMember& member : zip.members()) {
    absl::string_view folder = member.name;
    if (absl::ConsumeSuffix(&folder, "/data.pkl") &&
        !absl::StrContains(folder, "/")) {
      return &member;
    }
  }
  return nullptr;
}

// Bytes from the first number of a tensor to the end of its last; nothing if
// they are more than any file has.
bool Span(const PickledTensor& tensor, uint64_t item, uint64_t& bytes) {
  unsigned __int128 last = 0;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 0) {
      bytes = 0;
      return true;
    }
    // Each product is below 2^126.
    last += static_cast<unsigned __int128>(tensor.shape[i] - 1) *
            static_cast<unsigned __int128>(tensor.strides[i]);
    if (last >> 60 != 0) return false;
  }
  bytes = (static_cast<uint64_t>(last) + 1) * item;
  return true;
}

// Whether `tensor`'s shape is a number of elements that int64 holds in bytes:
// repeated numbers (stride 0) take none in the file.
bool Fits(const PickledTensor& tensor, uint64_t item) {
  unsigned __int128 bytes = item;
  for (const int64_t extent : tensor.shape) {
    bytes *= static_cast<unsigned __int128>(extent);
    if (bytes >> 62 != 0) return false;
  }
  return true;
}

}  // namespace

bool IsTorchFile(const ZipFile& zip) { return FindPickle(zip) != nullptr; }

absl::StatusOr<std::vector<TorchTensor>> TensorsOfTorchFile(
    const ZipFile& zip) {
  const auto wrong = [&](const auto&... words) {
    return absl::InvalidArgumentError(
        absl::StrCat(zip.path(), ": ", words..., "."));
  };
  const ZipMember* const pickle = FindPickle(zip);
  if (pickle == nullptr) return wrong("there is no data.pkl of torch.save()");
  absl::string_view root = pickle->name;
  absl::ConsumeSuffix(&root, "data.pkl");
  std::unordered_map<std::string, const ZipMember*> records;
  for (const ZipMember& member : zip.members()) {
    absl::string_view name = member.name;
    if (!absl::ConsumePrefix(&name, root)) continue;
    if (absl::StartsWith(name, "code/") || name == "constants.pkl") {
      return wrong(
          "it is a TorchScript module, not a file of tensors; it can be the "
          "model itself: --model='torchscript(file=...)'");
    }
    records.emplace(name, &member);
  }
  if (const auto order = records.find("byteorder"); order != records.end()) {
    NCLAB_ASSIGN_OR_RETURN(const std::string word, zip.Read(*order->second));
    if (word != "little") return wrong("its numbers are big-endian");
  }
  if (pickle->size > kLargestPickle) {
    return wrong("a pickle of ", pickle->size, " bytes; at most ",
                 kLargestPickle, " are read");
  }
  NCLAB_ASSIGN_OR_RETURN(const std::string bytes, zip.Read(*pickle));
  absl::StatusOr<std::vector<PickledTensor>> pickled = TensorsOfPickle(bytes);
  if (!pickled.ok()) {
    return wrong(absl::StripSuffix(pickled.status().message(), "."));
  }
  std::vector<TorchTensor> tensors;
  for (PickledTensor& about : *pickled) {
    const uint64_t item =
        static_cast<uint64_t>(SafetensorsDtypeSize(about.dtype));
    TorchTensor tensor;
    if (item != 0) {
      uint64_t span = 0;
      if (!Span(about, item, span) || !Fits(about, item)) {
        return wrong("tensor '", about.name,
                     "' has more numbers than any file");
      }
      const auto record = records.find(absl::StrCat("data/", about.record));
      const uint64_t begin = static_cast<uint64_t>(about.offset) * item;
      const bool there = record != records.end() && record->second->stored;
      if (span > 0 && (!there || about.offset > (int64_t{1} << 58) ||
                       begin > record->second->size ||
                       span > record->second->size - begin)) {
        return wrong("the numbers of tensor '", about.name,
                     "' are not in its record data/", about.record,
                     !there
                         ? ", which is not there or compressed"
                         : absl::StrCat(" of ", record->second->size,
                                        " bytes: it ends at ", begin + span));
      }
      if (span > 0) tensor.begin = record->second->offset + begin;
    }
    tensor.about = std::move(about);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace nclab
