// manifest.json: where and on what a run's numbers were made; and its log.txt.
#ifndef NCLAB_EXPERIMENTS_RECORDS_MANIFEST_H_
#define NCLAB_EXPERIMENTS_RECORDS_MANIFEST_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nclab {

// A file that a run was made from.
struct SourceFile {
  std::string path;
  std::string sha256;  // of the decompressed bytes
  bool official;       // the sum is the published one
};

struct ManifestFacts {
  std::string commit;  // of the source tree; "" if not known
  std::string device;
  std::string gpu;  // its name; "" if the device is none
  int threads;
  int64_t classes;
  // The choices of the spec as people read them, by field.
  std::map<std::string, std::string> choices;
  std::vector<SourceFile> files;
  int64_t train_samples = 0;    // that the run sees
  int64_t steps_per_epoch = 0;  // of the stream
  int side_by_side = 1;       // runs at a time on this machine; 0: not known
  // Exact rewrites: parameter and reason; and why none, if so.
  std::vector<std::pair<std::string, std::string>> rewrites;
  std::string rewrites_left_out;
  bool channels_last = false;    // the memory of convolutions' weights
  bool recorded = false;         // steps replay what the device has recorded
  std::string products;          // the library of matrix products
  std::string libtorch;          // its version
  std::string libtorch_variant;  // cpu, cuda or external
  std::vector<SourceFile> model_files;  // a network that came as a file
};

// Writes DIR/manifest.json with the facts, the build, the machine, the time
// and the host; adds one to its count of starts. FinishManifest() adds the end.
absl::Status BeginManifest(const std::string& directory,
                           const ManifestFacts& facts);
absl::Status FinishManifest(const std::string& directory, int64_t steps_run,
                            double steps_per_second,
                            double seconds_in_checkpoints = 0);

// The files that a run was made from: their names and sums. Nothing where there
// is no manifest, or none that can be read.
std::optional<std::vector<SourceFile>> FilesInManifest(
    const std::string& directory);

// ManifestFacts::choices of a manifest's text; none where there is none, or an
// older one. And of the manifest in a directory.
std::map<std::string, std::string> ChoicesInText(absl::string_view manifest);
std::map<std::string, std::string> ChoicesInManifest(
    const std::string& directory);

// Compares `files` with those of the manifest in the directory of a run; a file
// and its .gz are the same. A run without a manifest may have any data.
// \error kFailedPrecondition names the first file that differs and both sums.
absl::Status CheckRunData(const std::string& run_directory,
                          const std::vector<SourceFile>& files);

// The same of ManifestFacts::model_files: a run goes on with the network that
// it began with. A manifest without them may have any.
absl::Status CheckModelFiles(const std::string& run_directory,
                             const std::vector<SourceFile>& files);

// Sends glog's lines of this process to a file as well, while it lives.
class RunLog {
 public:
  explicit RunLog(const std::string& path);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

 private:
  class Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_MANIFEST_H_
