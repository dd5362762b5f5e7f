#include "experiments/execution/questions.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "experiments/execution/worker.h"
#include "nlohmann/json.hpp"
#include "tools/base/process/signals.h"
#include "tools/base/process/subprocess.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

// Of a stop, in tenths of a second.
constexpr int kPatience = 10;

absl::Status NoAnswer(absl::string_view why) {
  if (StopRequested()) {
    return absl::CancelledError("stopped before anything was run");
  }
  return absl::InternalError(
      absl::StrCat("The worker that checks the runs ", why, "."));
}

// About `spec`; nullptr: about none.
Json Question(const char* ask, const RunSpec* spec = nullptr) {
  Json question;
  question["ask"] = ask;
  if (spec == nullptr) return question;
  question["spec"] = Json::parse(ToJson(*spec));
  question["measure"] = Json::parse(MeasurementToJson(*spec));
  return question;
}

// As it is answered.
absl::StatusOr<RunSpec> SpecIn(const Json& answer) {
  NCLAB_ASSIGN_OR_RETURN(RunSpec spec, RunSpecFromJson(answer["spec"].dump()));
  NCLAB_ASSIGN_OR_RETURN(static_cast<Measurement&>(spec),
                         MeasurementFromJson(answer["measure"].dump()));
  return spec;
}

}  // namespace

absl::StatusOr<RunSpec> Questions::Canonical(const RunSpec& spec) {
  NCLAB_ASSIGN_OR_RETURN(const RunSpec checked, CheckFields(spec));
  Json answer;
  NCLAB_RETURN_IF_ERROR(Ask(Question("canonical", &checked), answer));
  return SpecIn(answer);
}

absl::StatusOr<RunSpec> Questions::Shown(const RunSpec& canonical) {
  Json answer;
  NCLAB_RETURN_IF_ERROR(Ask(Question("shown", &canonical), answer));
  return SpecIn(answer);
}

absl::Status Questions::CheckStarted(const std::string& run_directory,
                                     const RunSpec& canonical) {
  Json question = Question("started", &canonical), answer;
  question["directory"] = absl::CEscape(run_directory);
  return Ask(question, answer);
}

absl::StatusOr<bool> Questions::Fits(const std::string& run_directory,
                                     const RunSpec& canonical) {
  Json question = Question("fits", &canonical), answer;
  question["directory"] = absl::CEscape(run_directory);
  NCLAB_RETURN_IF_ERROR(Ask(question, answer));
  return answer["fits"].get<bool>();
}

absl::StatusOr<RunCost> Questions::Cost(const RunSpec& canonical, bool fetch,
                                        int threads) {
  Json question = Question("cost", &canonical), answer;
  question["fetch"] = fetch;
  question["threads"] = threads;
  NCLAB_RETURN_IF_ERROR(Ask(question, answer));
  return RunCost{answer["step"], answer["evaluation"], answer["parameters"],
                 answer["samples"]};
}

absl::StatusOr<int> Questions::Gpus() {
  Json answer;
  NCLAB_RETURN_IF_ERROR(Ask(Question("gpus"), answer));
  return answer["gpus"].get<int>();
}

void Questions::End() {
  if (socket_ < 0) return;
  close(std::exchange(socket_, -1));  // the end of its input
  WaitForEnd(pid_);
}

absl::Status Questions::Start() {
  if (socket_ >= 0) return absl::OkStatus();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return NoAnswer(absl::StrCat("cannot start: ", std::strerror(errno)));
  }
  std::vector<std::string> args = WorkerCommand(options_, {0, 0});
  args.push_back("--answer");
  args.push_back(absl::StrCat("--worker_parent=", getpid()));
  // A group of its own: the terminal's interrupt comes by this process.
  const absl::StatusOr<pid_t> pid =
      StartProgram(args, {ends[1], ends[1], STDERR_FILENO}, /*own_group=*/true);
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return NoAnswer(absl::StrCat("cannot start: ", pid.status().message()));
  }
  socket_ = ends[0];
  pid_ = *pid;
  return absl::OkStatus();
}

absl::Status Questions::Ask(const Json& question, Json& answer) {
  NCLAB_RETURN_IF_ERROR(Start());
  const std::string line =
      question.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (size_t sent = 0; sent < line.size();) {
    const ssize_t n =
        send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) break;  // ReadLine() finds out why
    if (n > 0) sent += static_cast<size_t>(n);
  }
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadLine());
  answer = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return NoAnswer("said what is no answer");
  if (!answer.contains("code")) return absl::OkStatus();
  std::string message;
  absl::CUnescape(answer["message"].get<std::string>(), &message);
  return absl::Status(static_cast<absl::StatusCode>(answer["code"].get<int>()),
                      message);
}

absl::StatusOr<std::string> Questions::ReadLine() {
  std::string line;
  int waited = 0;  // since a stop was asked for
  for (;;) {
    // The second one ends it: there is nothing to save.
    if (StopRequested() && waited++ % kPatience == 0) kill(pid_, SIGINT);
    pollfd stream = {socket_, POLLIN, 0};
    if (poll(&stream, 1, /*milliseconds=*/100) <= 0) continue;
    char buffer[1 << 14];
    const ssize_t n = recv(socket_, buffer, sizeof(buffer), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    line.append(buffer, static_cast<size_t>(n));
    if (line.back() == '\n') return line;
  }
  close(std::exchange(socket_, -1));
  return NoAnswer(DescribeEnd(WaitForEnd(pid_)));
}

}  // namespace nclab
