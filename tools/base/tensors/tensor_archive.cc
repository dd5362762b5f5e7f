#include "tools/base/tensors/tensor_archive.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/files/zip_file.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/torch_file.h"
#include "tools/base/text/utf8.h"

namespace nclab {
namespace {

constexpr size_t kNamesInMessages = 20;

// Bytes of `file` from `begin` on.
ByteReader From(uint64_t begin, ByteReader file) {
  return [begin, file](uint64_t offset, uint64_t size, void* out) {
    return file(begin + offset, size, out);
  };
}

ByteReader Of(std::string bytes) {
  const auto kept = std::make_shared<const std::string>(std::move(bytes));
  return [kept](uint64_t offset, uint64_t size, void* out) {
    std::memcpy(out, kept->data() + offset, size);
    return absl::OkStatus();
  };
}

}  // namespace

const char kArchiveFormats[] =
    "safetensors, .npz, .pt or .pth of torch.save(), or a folder of .npy files";

absl::StatusOr<TensorArchive> TensorArchive::Open(const std::string& path) {
  TensorArchive archive;
  archive.path_ = path;
  if (DirectoryExists(path)) {
    NCLAB_RETURN_IF_ERROR(archive.OpenFolder());
    return archive;
  }
  archive.files_ = {path};
  NCLAB_ASSIGN_OR_RETURN(const OpenedBytes file, OpenBytes(path));
  std::string start(std::min<uint64_t>(file.size, 9), '\0');
  NCLAB_RETURN_IF_ERROR(file.read(0, start.size(), start.data()));
  const auto refused = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is ", what));
  };
  if (absl::EndsWith(start, "{") || start.size() < 9) {
    NCLAB_RETURN_IF_ERROR(archive.OpenSafetensors());
  } else if (absl::StartsWith(start, "PK")) {
    NCLAB_RETURN_IF_ERROR(archive.OpenZip());
  } else if (absl::StartsWith(start, "\x93NUMPY")) {
    return refused(
        "one .npy array without a name; put several into a folder, each named "
        "as its tensor, or write an .npz.");
  } else if (absl::StartsWith(start, "\x80\x02")) {
    return refused(
        "a bare pickle, as PyTorch wrote before 1.6; load it there and "
        "torch.save() it again.");
  } else {
    NCLAB_RETURN_IF_ERROR(archive.OpenSafetensors());
  }
  return archive;
}

absl::Status TensorArchive::OpenSafetensors() {
  NCLAB_ASSIGN_OR_RETURN(SafetensorsReader opened,
                         SafetensorsReader::Open(path_));
  const auto file =
      std::make_shared<const SafetensorsReader>(std::move(opened));
  metadata_ = file->metadata();
  for (const SafetensorsEntry& entry : file->entries()) {
    tensors_.emplace_hint(tensors_.end(), entry.name,
                          TensorSource(file, entry));
  }
  return absl::OkStatus();
}

absl::Status TensorArchive::OpenZip() {
  NCLAB_ASSIGN_OR_RETURN(const ZipFile zip, ZipFile::Open(path_));
  NCLAB_ASSIGN_OR_RETURN(const OpenedBytes file, OpenBytes(path_));
  const auto describe = [&](absl::string_view name) {
    return absl::StrCat(path_, ", tensor '", name, "'");
  };
  if (IsTorchFile(zip)) {
    NCLAB_ASSIGN_OR_RETURN(std::vector<TorchTensor> tensors,
                           TensorsOfTorchFile(zip));
    for (TorchTensor& tensor : tensors) {
      const std::string name = tensor.about.name;
      tensors_.emplace(name,
                       TensorSource::Strided(
                           describe(name), std::move(tensor.about.dtype),
                           std::move(tensor.about.shape), tensor.about.strides,
                           From(tensor.begin, file.read)));
    }
    return absl::OkStatus();
  }
  for (const ZipMember& member : zip.members()) {
    absl::string_view name = member.name;
    if (!absl::ConsumeSuffix(&name, ".npy")) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, " is a zip archive with the member '", member.name,
          "'; expected .npy members, as numpy.savez() writes them, or those of "
          "torch.save()."));
    }
    ByteReader bytes = From(member.offset, file.read);
    if (!member.stored) {
      NCLAB_ASSIGN_OR_RETURN(std::string unpacked, zip.Read(member));
      bytes = Of(std::move(unpacked));
    }
    NCLAB_RETURN_IF_ERROR(AddNpy(
        name,
        TensorSource::FromNpy(describe(name), member.size, std::move(bytes))));
  }
  return absl::OkStatus();
}

// Arrays of text and the like are nobody's tensors.
absl::Status TensorArchive::AddNpy(absl::string_view name,
                                   absl::StatusOr<TensorSource> source) {
  if (absl::IsUnimplemented(source.status())) return absl::OkStatus();
  NCLAB_RETURN_IF_ERROR(source.status());
  tensors_.emplace(std::string(name), *std::move(source));
  return absl::OkStatus();
}

absl::Status TensorArchive::OpenFolder() {
  std::error_code error;
  std::filesystem::directory_iterator it(path_, error), end;
  for (; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    absl::string_view name = file;
    // Temporary and hidden files begin with a dot.
    if (absl::StartsWith(file, ".") || !absl::ConsumeSuffix(&name, ".npy")) {
      continue;
    }
    if (!IsUtf8(file)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, " holds an .npy file whose name is not UTF-8. Rename it."));
    }
    files_.push_back(it->path().string());
    NCLAB_ASSIGN_OR_RETURN(OpenedBytes bytes, OpenBytes(files_.back()));
    NCLAB_RETURN_IF_ERROR(
        AddNpy(name, TensorSource::FromNpy(files_.back(), bytes.size,
                                           std::move(bytes.read))));
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("Cannot list ", path_, ": ", error.message()));
  }
  std::sort(files_.begin(), files_.end());
  if (tensors_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, " is a folder without .npy files."));
  }
  return absl::OkStatus();
}

const TensorSource* TensorArchive::Find(absl::string_view name) const {
  const auto found = tensors_.find(std::string(name));
  return found == tensors_.end() ? nullptr : &found->second;
}

std::string TensorArchive::Names() const {
  if (tensors_.empty()) return "none";
  std::string names;
  size_t count = 0;
  for (const auto& [name, source] : tensors_) {
    if (count == kNamesInMessages) {
      absl::StrAppend(&names, " and ", tensors_.size() - count, " more");
      break;
    }
    absl::StrAppend(&names, count++ == 0 ? "" : ", ", name);
  }
  return names;
}

}  // namespace nclab
