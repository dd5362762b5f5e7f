#include "tools/base/main.h"

#include <gflags/gflags.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/base/errors.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Flags of this project, not those of gflags and glog.
std::vector<gflags::CommandLineFlagInfo> OwnFlags() {
  std::vector<gflags::CommandLineFlagInfo> all, own;
  gflags::GetAllFlags(&all);
  for (gflags::CommandLineFlagInfo& flag : all) {
    if (absl::StrContains(flag.filename, "gflags") ||
        absl::StrContains(flag.filename, "glog")) {
      continue;
    }
    if (absl::StartsWith(flag.description, "(internal)")) continue;
    own.push_back(std::move(flag));
  }
  return own;
}

absl::Status UnknownFlag(absl::string_view name) {
  std::vector<std::string> known;
  for (const auto& flag : OwnFlags()) known.push_back("--" + flag.name);
  return absl::InvalidArgumentError(
      UnknownNameError("flag", absl::StrCat("--", name), std::move(known))
          .message());
}

}  // namespace

std::string DescribeFlags() {
  std::string text;
  for (const auto& flag : OwnFlags()) {
    absl::StrAppend(&text, "  --", flag.name, "=", flag.default_value, "  (",
                    flag.type, ")\n      ", flag.description, "\n");
  }
  return text;
}

absl::StatusOr<std::vector<std::string>> ParseFlags(int argc, char** argv) {
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
    std::string name(arg.substr(0, equals));
    std::string value;
    bool has_value = equals != absl::string_view::npos;
    if (has_value) value = std::string(arg.substr(equals + 1));

    gflags::CommandLineFlagInfo info;
    if (!gflags::GetCommandLineFlagInfo(name.c_str(), &info)) {
      // --nofresh stands for --fresh=false.
      if (has_value || !absl::StartsWith(name, "no") ||
          !gflags::GetCommandLineFlagInfo(name.substr(2).c_str(), &info) ||
          info.type != "bool") {
        return UnknownFlag(name);
      }
      name = name.substr(2);
      value = "false";
      has_value = true;
    }
    if (!has_value && info.type == "bool") {
      value = "true";
      has_value = true;
    }
    if (!has_value) {
      if (i + 1 >= argc) {
        return absl::InvalidArgumentError(
            absl::StrCat("Flag --", name, " has no value; expected --", name,
                         "=VALUE (", info.type, ")."));
      }
      value = argv[++i];
    }
    if (absl::StartsWith(info.description, "(repeatable)") &&
        !info.is_default && !info.current_value.empty()) {
      value = absl::StrCat(info.current_value, ",", value);
    }
    if (gflags::SetCommandLineOption(name.c_str(), value.c_str()).empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Flag --", name, " is '", value, "'; expected ",
          info.type == "int32" || info.type == "int64" ? "a whole number"
          : info.type == "double"                      ? "a number"
          : info.type == "bool"                        ? "true or false"
                                                       : info.type,
          "."));
    }
  }
  return rest;
}

int RunMain(int argc, char** argv, const Program& program) {
  FLAGS_logtostderr = true;
  // Without this glog leaves files of its own in the temporary directory where
  // a program turns its lines on standard error off.
  for (int severity = 0; severity < google::NUM_SEVERITIES; ++severity) {
    google::SetLogDestination(severity, "");
  }
  google::InitGoogleLogging(argv[0]);
  for (int i = 1; i < argc; ++i) {
    const absl::string_view arg = argv[i];
    if (arg == "--") break;
    if (arg == "--help" || arg == "-h" || arg == "-help") {
      std::printf("%s\n\nFlags:\n%s", program.usage.c_str(),
                  DescribeFlags().c_str());
      return kExitOk;
    }
  }
  const absl::StatusOr<int> code = [&]() -> absl::StatusOr<int> {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> args,
                           ParseFlags(argc, argv));
    return program.run(args);
  }();
  std::fflush(stdout);
  if (code.ok()) return *code;
  std::fprintf(stderr, "error: %s\n",
               std::string(code.status().message()).c_str());
  return ExitCodeFor(code.status());
}

}  // namespace nclab
