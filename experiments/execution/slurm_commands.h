// What nclab asks of Slurm: sbatch, squeue and scontrol, as functions.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_SLURM_COMMANDS_H_
#define NCLAB_EXPERIMENTS_EXECUTION_SLURM_COMMANDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nclab {

struct QueuedTask {
  std::string state;   // PENDING, RUNNING, COMPLETING, ...
  std::string reason;  // why it is pending

  // It starts only when somebody does something: releases it, or submits it
  // otherwise.
  bool NeverStarts() const;
  // It starts when others end, as every job does; says nothing of interest.
  bool WaitsItsTurn() const;
};

// This user's array tasks in the queue, by "<array>_<task>".
// \error kNotFound if squeue is not installed; kUnavailable if the controller
// does not answer.
absl::StatusOr<std::map<std::string, QueuedTask>> SlurmQueue();

// Tasks that one array may have, as the cluster is set up.
int64_t SlurmMaxTasks();

struct ArrayRequest {
  std::string name;
  std::string script;  // its path
  std::string logs;    // pattern of the tasks' output
  int64_t tasks;       // 0 to tasks - 1
  int throttle;        // tasks at a time, 0: no limit
  int threads;
  std::vector<std::string> after;  // arrays that end before this one starts
  std::vector<std::string> more;   // the user's arguments
};

// Answers the id of the array. \error kNotFound if sbatch is not installed;
// kInvalidArgument if it refuses: says what it said.
absl::StatusOr<std::string> SubmitArray(const ArrayRequest& request);

// What Slurm remembers of a task that has left the queue, as "TIMEOUT, exit
// code 0:15"; "" if nothing.
std::string SlurmEndOf(const std::string& task);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_SLURM_COMMANDS_H_
