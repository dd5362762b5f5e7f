#include "experiments/training/together.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/training/device.h"
#include "experiments/training/open_run.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/stacked_step.h"
#include "experiments/training/trainer.h"
#include "models/model.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch_status.h"

namespace nclab {
namespace {

using Outcome = absl::StatusOr<RunOutcome>;

// One of several runs.
struct Member {
  Member(const TogetherRun& run, Outcome& outcome)
      : open(run.spec, run.options), outcome(outcome) {}

  // Does `work`, under the run's own log. Whether it went well; the outcome is
  // the error where it did not, and the run is over.
  bool Do(const std::function<absl::Status()>& work) {
    if (logs) open.log().Listen(true);
    const absl::Status status = WithAdvice(CatchTorch(work));
    if (logs) open.log().Listen(false);
    if (!status.ok()) {
      outcome = status;
      over = true;
    }
    return status.ok();
  }

  OpenRun open;
  Outcome& outcome;
  bool logs = false;
  bool over = false;  // outcome is known
  ResumePoint point;
  std::unique_ptr<Trainer> trainer;
};

using Group = std::vector<Member*>;

std::vector<std::string> NamesOf(const Group& group) {
  std::vector<std::string> names;
  for (const Member* member : group) {
    names.push_back(RunName(member->open.spec()));
  }
  return names;
}

// Opens the runs that are not through; the data are loaded once.
Group Open(std::deque<Member>& members) {
  Group group;
  std::optional<RunData> data;
  for (Member& member : members) {
    std::optional<RunOutcome> known;
    const bool opened = member.Do([&]() -> absl::Status {
      NCLAB_ASSIGN_OR_RETURN(known, member.open.Finished());
      if (known) return absl::OkStatus();
      if (!data) {
        NCLAB_ASSIGN_OR_RETURN(
            data, LoadRunData(member.open.spec(), member.open.options()));
      }
      NCLAB_ASSIGN_OR_RETURN(known, member.open.Open(*data));
      if (known) return absl::OkStatus();
      member.logs = true;
      NCLAB_ASSIGN_OR_RETURN(member.point, member.open.FindPoint());
      return absl::OkStatus();
    });
    if (!opened) continue;
    if (known) {
      member.outcome = *known;
      member.over = true;
    } else {
      group.push_back(&member);
    }
  }
  return group;
}

// Takes those that go on together out of `open`: at the earliest of their last
// checkpoints, with all that have one of that step, too.
Group TakeGroup(Group& open) {
  const auto first = std::min_element(open.begin(), open.end(),
                                      [](const Member* a, const Member* b) {
                                        return a->point.step < b->point.step;
                                      });
  const int64_t step = (*first)->point.step;
  Group group, rest;
  for (Member* member : open) {
    if (member->point.step != step && step < 0) {
      rest.push_back(member);
      continue;
    }
    if (member->point.step != step) {
      ResumePoint earlier;
      const bool found = member->Do([&]() -> absl::Status {
        NCLAB_ASSIGN_OR_RETURN(earlier, member->open.FindPoint(step));
        return absl::OkStatus();
      });
      if (!found) continue;
      if (earlier.step != step) {
        rest.push_back(member);
        continue;
      }
      member->point = std::move(earlier);
    }
    group.push_back(member);
  }
  open = std::move(rest);
  return group;
}

// Drops those that are over.
void DropOver(Group& group) {
  std::erase_if(group, [](const Member* member) { return member->over; });
}

void TrainGroup(Group group) {
  const RunOptions& options = group[0]->open.options();
  const std::vector<std::string> names = NamesOf(group);
  std::unique_ptr<Recorder> recorder;
  bool first = true;
  for (Member* member : group) {
    member->Do([&]() -> absl::Status {
      NCLAB_ASSIGN_OR_RETURN(Setup setup,
                             member->open.TakeSetup(member->point));
      if (first) recorder = RecorderFor(options, setup.data.device);
      first = false;
      NCLAB_RETURN_IF_ERROR(
          member->open.BeginManifest(setup, recorder != nullptr, names));
      member->trainer = std::make_unique<Trainer>(
          member->open.spec(), member->open.options(), std::move(setup),
          /*rate_on_device=*/recorder != nullptr);
      return member->trainer->Start(member->point);
    });
  }
  DropOver(group);
  if (group.empty()) return;
  std::vector<Trainer*> trainers;
  for (Member* member : group) trainers.push_back(member->trainer.get());
  StackedStep step(trainers, group[0]->open.spec().precision,
                   std::move(recorder));

  // The outcome of one that has no more steps.
  const auto end = [](Member& member) {
    member.Do([&]() -> absl::Status {
      NCLAB_ASSIGN_OR_RETURN(member.outcome, member.trainer->End());
      return absl::OkStatus();
    });
    member.over = true;
  };
  while (!group.empty()) {
    const bool checkpoint = std::any_of(
        group.begin(), group.end(),
        [](const Member* member) { return member->trainer->CheckpointDue(); });
    // Those that go on must do so together: when one learns that all are to
    // stop, those asked before it are asked again.
    Group through;
    bool all = false;
    for (bool first_time = true; !all && !group.empty(); first_time = false) {
      Group going;
      for (Member* member : group) {
        bool more = false;
        member->Do([&]() -> absl::Status {
          NCLAB_ASSIGN_OR_RETURN(
              more, member->trainer->MoreSteps(checkpoint && first_time));
          return absl::OkStatus();
        });
        if (more) going.push_back(member);
        if (!more && !member->over) through.push_back(member);
      }
      all = going.size() == group.size();
      group = std::move(going);
    }
    for (Member* member : through) end(*member);
    if (group.empty()) break;
    for (Member* member : group) member->trainer->BeginStep();
    const absl::Status status = CatchTorch([&] {
      step.Run();
      return absl::OkStatus();
    });
    for (Member* member : group) {
      if (member->Do([&] { return status; })) member->trainer->EndStep();
    }
    DropOver(group);
  }
}

}  // namespace

std::string TogetherKey(const RunSpec& canonical) {
  if (canonical.stop_train_loss > 0) return "";
  const auto model = Models().Bind(canonical.model);
  if (!model.ok()) return "";
  const auto entry = Models().Find(model->name);
  if (!entry.ok() || !(*entry)->info.stackable) return "";
  RunSpec rest = canonical;
  rest.seed = 0;
  rest.lr = 1;
  rest.init_from = "";
  rest.init_step = 0;
  return absl::StrCat(ToJson(rest),
                      canonical.init_from.empty() ? "" : " from a checkpoint");
}

std::vector<Outcome> TrainTogether(const std::vector<TogetherRun>& runs) {
  ConfigureProcess();
  std::vector<Outcome> outcomes(runs.size(), RunOutcome());
  // In one order, so that two processes cannot wait for each other's locks.
  std::vector<size_t> order(runs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return runs[a].options.directory < runs[b].options.directory;
  });
  std::deque<Member> members;
  for (const size_t i : order) members.emplace_back(runs[i], outcomes[i]);
  Group open = Open(members);
  while (!open.empty()) TrainGroup(TakeGroup(open));
  return outcomes;
}

}  // namespace nclab
