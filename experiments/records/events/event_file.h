// TensorBoard's scalars: events.out.tfevents.* of a run.
#ifndef NCLAB_EXPERIMENTS_RECORDS_EVENTS_EVENT_FILE_H_
#define NCLAB_EXPERIMENTS_RECORDS_EVENTS_EVENT_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/records/records.h"

namespace nclab {

// Appends whole records. Tags are split/layer/metric/anchor without the empty
// parts. Not copyable.
class EventFile {
 public:
  // A new file in `directory`; those of earlier processes are removed, since a
  // resumed run writes their scalars again (a step occurs once per tag).
  static absl::StatusOr<std::unique_ptr<EventFile>> Create(
      const std::string& directory);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // One event per row; rows without a value are left out. `wall_time` is in
  // seconds since the epoch.
  absl::Status Append(const std::vector<MetricRow>& rows, double wall_time);

 private:
  EventFile() = default;

  std::string path_;
  int fd_ = -1;
};

// The bytes of one record around `data`: length, data, masked CRC-32C of each.
std::string EventRecord(const std::string& data);
std::string FileVersionEvent(double wall_time);
std::string ScalarEvent(double wall_time, int64_t step, const std::string& tag,
                        float value);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_EVENTS_EVENT_FILE_H_
