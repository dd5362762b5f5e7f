// Stopping on request: SIGTERM, SIGINT, SIGUSR1, SIGHUP and SIGPIPE ask, a
// second SIGINT ends.
#ifndef NCLAB_TOOLS_BASE_PROCESS_SIGNALS_H_
#define NCLAB_TOOLS_BASE_PROCESS_SIGNALS_H_

#include "absl/time/time.h"

namespace nclab {

// After this the signals only raise a flag. A SIGHUP that was ignored, as
// under nohup, stays so; SIGPIPE says that who listened has gone. A second
// SIGINT ends the process at once with status 130. Where nobody has acted upon
// the flag `grace` after the first signal, for instance because a file is being
// loaded, the process ends with status kExitStopped: what is on disk is whole
// at every moment.
void InstallStopHandlers(absl::Duration grace = absl::Seconds(8));

// Raises the flag after `limit` of real time, as a signal would.
// InstallStopHandlers() comes before.
void StopAfter(absl::Duration limit);

// Whether one of the signals has arrived since, or the limit was reached.
bool StopRequested();

// Asks this process to stop, by SIGINT, when process `parent` has ended; at
// once if that is so already. For worker processes, whose parent it is.
void StopWithParent(int parent);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_PROCESS_SIGNALS_H_
