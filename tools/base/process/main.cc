#include "tools/base/process/main.h"

#include <fcntl.h>
#include <gflags/gflags.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/base/errors.h"
#include "tools/base/logging.h"
#include "tools/base/process/source_commit.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

using Flag = gflags::CommandLineFlagInfo;

bool IsInternal(const Flag& flag) {
  return absl::StartsWith(flag.description, "(internal)");
}

// Flags that our sources define, not those of gflags and glog, by name.
std::map<std::string, Flag> OwnFlags() {
  std::vector<Flag> all;
  gflags::GetAllFlags(&all);
  std::map<std::string, Flag> own;
  for (Flag& flag : all) {
    if (absl::StrContains(flag.filename, "com_github_gflags_gflags") ||
        absl::StrContains(flag.filename, "com_github_google_glog")) {
      continue;
    }
    own[flag.name] = std::move(flag);
  }
  return own;
}

// The range at the front of a description, as its two texts.
std::optional<std::pair<std::string, std::string>> Range(const Flag& flag) {
  absl::string_view text = flag.description;
  if (!absl::ConsumePrefix(&text, "(")) return std::nullopt;
  const std::vector<std::string> ends =
      absl::StrSplit(text.substr(0, text.find(')')), "..");
  double number;
  if (ends.size() != 2 || !absl::SimpleAtod(ends[0], &number)) {
    return std::nullopt;
  }
  return std::make_pair(ends[0], ends[1]);
}

bool InRange(const Flag& flag, const std::string& value) {
  const auto range = Range(flag);
  double low, high, number;
  return !range || !absl::SimpleAtod(value, &number) ||
         (absl::SimpleAtod(range->first, &low) && number >= low &&
          absl::SimpleAtod(range->second, &high) && number <= high);
}

std::string Expected(const Flag& flag) {
  const auto range = Range(flag);
  return absl::StrCat(
      flag.type == "int32" || flag.type == "int64" ? "a whole number"
      : flag.type == "double"                      ? "a number"
      : flag.type == "bool"                        ? "true or false"
                                                   : flag.type,
      range ? absl::StrCat(" from ", range->first, " to ", range->second) : "");
}

absl::Status UnknownFlag(absl::string_view name) {
  std::vector<std::string> known = {"--help", "--version"};
  for (const auto& [own, flag] : OwnFlags()) {
    if (!IsInternal(flag)) known.push_back("--" + own);
  }
  return absl::InvalidArgumentError(
      UnknownNameError("flag", absl::StrCat("--", name), std::move(known))
          .message());
}

// A file that is opened must not become descriptor 0, 1 or 2, to which others
// write. Nothing comes from these, and what is written fails, unless all are
// closed: then nobody wants to hear it.
void OpenStandardStreams() {
  bool closed[3];
  for (int fd = 0; fd < 3; ++fd) {
    closed[fd] = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
  }
  for (int fd = 0; fd < 3; ++fd) {
    if (!closed[fd]) continue;
    const bool deaf = fd == 1 && !(closed[0] && closed[2]);
    // The lowest number that is free.
    [[maybe_unused]] const int opened =
        open("/dev/null", deaf ? O_RDONLY : O_RDWR);
  }
}

void PrepareSignals() {
  // A write fails in place of them: to a full quota, to a closed pipe.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  // Where the parent ignores it, no child's exit status can be had.
  std::signal(SIGCHLD, SIG_DFL);
}

// Whether all of standard output has been written.
absl::Status FinishOutput() {
  errno = 0;
  // close(): some file systems say it only then.
  if (std::fflush(stdout) == 0 && !std::ferror(stdout) &&
      close(dup(STDOUT_FILENO)) == 0) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(
      "Cannot write to standard output",
      errno == 0 ? "" : absl::StrCat(": ", std::strerror(errno)), "."));
}

absl::StatusOr<int> ParseAndRun(int argc, char** argv, const Program& program) {
  const std::string name = std::string(absl::string_view(argv[0]).substr(
      absl::string_view(argv[0]).rfind('/') + 1));
  for (int i = 1; i < argc; ++i) {
    const absl::string_view arg = argv[i];
    if (arg == "--") break;
    if (arg == "--help" || arg == "-h" || arg == "-help") {
      std::printf("%s\n\nFlags:\n%s", program.usage.c_str(),
                  DescribeFlags().c_str());
      return kExitOk;
    }
    if (arg == "--version" || arg == "-version") {
      const std::string commit = SourceCommit();
      std::printf("%s (nclab) %s%s\n", name.c_str(), NCLAB_VERSION,
                  commit.empty() ? "" : (", commit " + commit).c_str());
      return kExitOk;
    }
  }
  try {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> args,
                           ParseFlags(argc, argv));
    if (program.flags_only && !args.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " takes flags only; what is '", args[0], "'? See --help."));
    }
    return program.run(args);
  } catch (const std::bad_alloc&) {
    return absl::InternalError("There is not enough memory.");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace

std::string DescribeFlags() {
  std::string text;
  for (const auto& [name, flag] : OwnFlags()) {
    if (IsInternal(flag)) continue;
    absl::StrAppend(&text, "  --", name, "=", flag.default_value, "  (",
                    flag.type, ")\n      ", flag.description, "\n");
  }
  return text;
}

absl::StatusOr<std::vector<std::string>> ParseFlags(int argc, char** argv) {
  const std::map<std::string, Flag> own = OwnFlags();
  std::set<std::string> given;
  std::vector<std::string> rest;
  for (int i = 1; i < argc; ++i) {
    absl::string_view arg = argv[i];
    if (arg == "--") {
      rest.insert(rest.end(), argv + i + 1, argv + argc);
      break;
    }
    if (!absl::StartsWith(arg, "-") || arg == "-") {
      rest.emplace_back(arg);
      continue;
    }
    absl::ConsumePrefix(&arg, "-");
    absl::ConsumePrefix(&arg, "-");
    const size_t equals = arg.find('=');
    const std::string written(arg.substr(0, equals));
    // --data-dir is --data_dir.
    const std::string name = absl::StrReplaceAll(written, {{"-", "_"}});
    std::optional<std::string> value;
    if (equals != absl::string_view::npos) value = arg.substr(equals + 1);

    auto found = own.find(name);
    if (found == own.end() && !value && absl::StartsWith(name, "no")) {
      // --nofresh stands for --fresh=false.
      found = own.find(name.substr(2));
      if (found != own.end() && found->second.type != "bool") found = own.end();
      value = "false";
    }
    if (found == own.end()) return UnknownFlag(written);
    const Flag& flag = found->second;
    if (!value && flag.type == "bool") value = "true";
    if (!value && i + 1 < argc) value = argv[++i];
    if (!value || value->empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Flag --", flag.name, value ? " is empty" : " has no value",
          "; expected --", flag.name, "=VALUE (", flag.type,
          "). Without the flag its default holds."));
    }
    std::string text = *value;
    if (!given.insert(flag.name).second &&
        absl::StartsWith(flag.description, "(repeatable)")) {
      std::string before;
      gflags::GetCommandLineOption(flag.name.c_str(), &before);
      text = absl::StrCat(before, ",", text);
    }
    if (!InRange(flag, text) ||
        gflags::SetCommandLineOption(flag.name.c_str(), text.c_str()).empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("Flag --", flag.name, " is '", *value, "'; expected ",
                       Expected(flag), "."));
    }
  }
  return rest;
}

int RunMain(int argc, char** argv, const Program& program) {
  OpenStandardStreams();
  PrepareSignals();
  FLAGS_logtostderr = true;
  // Without this glog leaves files of its own in the temporary directory where
  // a program turns its lines on standard error off.
  for (int severity = 0; severity < google::NUM_SEVERITIES; ++severity) {
    google::SetLogDestination(severity, "");
  }
  google::InitGoogleLogging(argv[0]);
  const auto say = [](const absl::Status& status) {
    std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  };
  const absl::StatusOr<int> code = ParseAndRun(argc, argv, program);
  if (!code.ok()) say(code.status());
  const int exit = code.ok() ? *code : ExitCodeFor(code.status());
  const absl::Status written = FinishOutput();
  if (written.ok()) return exit;
  say(written);
  return exit == kExitOk ? kExitFailed : exit;
}

}  // namespace nclab
