// Stopping on request: SIGTERM, SIGINT and SIGUSR1 ask, a second SIGINT ends.
#ifndef NCLAB_TOOLS_BASE_SIGNALS_H_
#define NCLAB_TOOLS_BASE_SIGNALS_H_

namespace nclab {

// After this the signals only raise a flag; a second SIGINT ends the process
// with status 130.
void InstallStopHandlers();

// Whether one of the signals has arrived since.
bool StopRequested();

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_SIGNALS_H_
