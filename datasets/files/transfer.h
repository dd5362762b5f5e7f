// Bringing the bytes of one URL, by libcurl.
#ifndef NCLAB_DATASETS_FILES_TRANSFER_H_
#define NCLAB_DATASETS_FILES_TRANSFER_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace nclab {

enum class TransferEnd {
  kComplete,   // there is no more
  kNoRanges,   // the source cannot begin where the file ends
  kBrokenOff,  // by an error, by a minute without a byte, or by `tick`
};

struct TransferResult {
  TransferEnd end;
  std::string reason;  // a sentence without its end, if it is not complete
};

// Appends to the file `path` what `url` (https, http, file) holds beyond the
// file's size; makes no file where nothing comes. Calls `tick` about every
// 200 ms and gives up when that answers false. Follows redirects. Heeds, as the
// program curl does, the environment's https_proxy, http_proxy, all_proxy and
// no_proxy, and CURL_CA_BUNDLE and SSL_CERT_FILE, files of authorities.
// \error kResourceExhausted, kFailedPrecondition if `path` cannot be written.
absl::StatusOr<TransferResult> Transfer(const std::string& url,
                                        const std::string& path,
                                        const std::function<bool()>& tick);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FILES_TRANSFER_H_
