// //tools:fetch: brings the official files of datasets beforehand.
#include <gflags/gflags.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "datasets/files/data_files.h"
#include "datasets/files/fetch.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/main.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"

DEFINE_string(data_dir, "",
              "where to put the files, each dataset's in a directory of its "
              "name; default: nclab/data under the user's cache directory");

namespace nclab {
namespace {

absl::Status Fetch(const DatasetInfo& info) {
  if (info.files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("Dataset '", info.name,
                     "' is made, not loaded: there is nothing to fetch."));
  }
  if (!CanFetch(info)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Dataset '", info.name,
        "' does not say where its files come from. Put them there by hand: ",
        info.reference, "."));
  }
  const DatasetContext context = {FLAGS_data_dir};
  NCLAB_RETURN_IF_ERROR(
      FetchFiles(info, absl::StrCat(DataDirectory(context), "/", info.name)));
  // What a run would read.
  NCLAB_ASSIGN_OR_RETURN(const std::vector<LoadedFile> files,
                         ReadOfficialFiles(info, context));
  for (const LoadedFile& file : files) {
    std::printf("%s %s\n", file.origin.path.c_str(),
                file.origin.official ? "official" : "not the official file");
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Run(const std::vector<std::string>& names) {
  InstallStopHandlers();
  if (names.empty()) {
    return absl::InvalidArgumentError(
        "Which dataset? For example: fetch cifar10. See //tools:list.");
  }
  std::vector<const DatasetInfo*> infos;
  for (const std::string& name : names) {
    NCLAB_ASSIGN_OR_RETURN(const auto* entry, Datasets().Find(name));
    infos.push_back(&entry->info);
  }
  for (const DatasetInfo* info : infos) NCLAB_RETURN_IF_ERROR(Fetch(*info));
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Brings the official files of datasets, with their checksums checked, "
       "and prints where they are.\n\n  fetch cifar10 svhn",
       nclab::Run});
}
