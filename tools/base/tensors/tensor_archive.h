// Named tensors of other people's files, told apart by their first bytes:
// safetensors, .npz of NumPy, .pt and .pth of torch.save(), and a folder of
// .npy files.
#ifndef NCLAB_TOOLS_BASE_TENSORS_TENSOR_ARCHIVE_H_
#define NCLAB_TOOLS_BASE_TENSORS_TENSOR_ARCHIVE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/base/tensors/tensor_source.h"

namespace nclab {

// "safetensors, npz, torch.save(), or a folder of .npy", for messages.
extern const char kArchiveFormats[];

class TensorArchive {
 public:
  // Reads what says where the tensors lie, and no tensor; compressed members of
  // an .npz are read whole. A folder's tensors are its .npy files without the
  // ending; an .npz's likewise, without those of text and other types that
  // safetensors lacks; of torch.save() see TensorsOfPickle().
  // \error kNotFound; kInvalidArgument: no such file (an .npy alone, an old
  // torch file, a device), or which part of it is wrong.
  static absl::StatusOr<TensorArchive> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::map<std::string, TensorSource>& tensors() const {
    return tensors_;
  }
  const TensorSource* Find(absl::string_view name) const;  // or nullptr
  // "a, b, c" for messages; of many the first ones and their number.
  std::string Names() const;
  // Of safetensors; empty otherwise.
  const std::map<std::string, std::string>& metadata() const {
    return metadata_;
  }
  // The files that are read: the path, or those of the folder.
  const std::vector<std::string>& files() const { return files_; }

 private:
  TensorArchive() = default;

  absl::Status OpenSafetensors();
  absl::Status OpenZip();
  absl::Status OpenFolder();
  absl::Status AddNpy(absl::string_view name,
                      absl::StatusOr<TensorSource> source);

  std::string path_;
  std::map<std::string, TensorSource> tensors_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> files_;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_TENSOR_ARCHIVE_H_
