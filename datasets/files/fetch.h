// Bringing a dataset's official files.
#ifndef NCLAB_DATASETS_FILES_FETCH_H_
#define NCLAB_DATASETS_FILES_FETCH_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "datasets/dataset.h"

namespace nclab {

// How a fetch speaks, listens and calls; tests have their own.
struct FetchOptions {
  // Gets each line of talk, without its end. Default: standard error.
  std::function<void(absl::string_view)> say;
  // Whether to give up. Default: StopRequested().
  std::function<bool()> stop_requested;
  // Time between two lines about the progress of a transfer.
  absl::Duration progress_every = absl::Seconds(10);
};

// Whether `info` says where its files come from.
bool CanFetch(const DatasetInfo& info);

// "4 files, 11.6 MB, from storage.googleapis.com (terms: ...)".
std::string DescribeDownloads(const DatasetInfo& info,
                              const std::vector<Download>& downloads);

// Brings what `directory`, DATA_DIR/<dataset>, lacks of the official files.
// Says first how much comes from where under which terms, then how it goes.
// A transfer that broke off is resumed, also by a later call. A file appears
// under its name only when its checksum is the published one; archives are
// unpacked, as far as `info.files` go, and removed; one that lies in
// `directory` already, with the published checksum, is unpacked and stays.
// Processes take turns. \error kUnavailable if no source had a file, with the
// reason of each; kFailedPrecondition or kResourceExhausted if a file cannot be
// written or room is missing; kCancelled if a stop was requested.
absl::Status FetchFiles(const DatasetInfo& info, const std::string& directory,
                        FetchOptions options = {});

}  // namespace nclab

#endif  // NCLAB_DATASETS_FILES_FETCH_H_
