#include "experiments/execution/progress/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/base/text/numbers.h"

namespace nclab {

std::string ProgressLine(const Progress& progress, bool bar) {
  if (progress.steps == 0) return "starting";
  std::string line;
  if (bar) {
    constexpr int kWidth = 24;
    const int filled = static_cast<int>(
        kWidth * std::min(progress.step, progress.steps) / progress.steps);
    line = absl::StrCat("[", std::string(filled, '='),
                        std::string(kWidth - filled, ' '), "] ");
  }
  absl::StrAppend(&line, progress.step, "/", progress.steps);
  if (progress.steps_per_second > 0) {
    absl::StrAppendFormat(&line, "  %.1f steps/s", progress.steps_per_second);
  }
  if (std::isfinite(progress.loss)) {
    absl::StrAppendFormat(&line, "  loss %.3g", progress.loss);
  }
  if (progress.steps_per_second > 0 && progress.step < progress.steps) {
    absl::StrAppend(&line, "  ETA ",
                    DescribeDuration(absl::Seconds(
                        static_cast<double>(progress.steps - progress.step) /
                        progress.steps_per_second)));
  }
  return line;
}

ProgressDisplay::ProgressDisplay() : terminal_(isatty(STDERR_FILENO) != 0) {}

void ProgressDisplay::Show(
    const std::string& header,
    const std::vector<std::pair<std::string, Progress>>& runs) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ && last_ && now - *last_ < std::chrono::seconds(10)) return;
  last_ = now;
  Clear();
  winsize size = {};
  size_t width = std::string::npos;  // a line that wraps could not be erased
  if (terminal_ && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 &&
      size.ws_col > 0) {
    width = size.ws_col - 1;
  }
  std::string text;
  const auto add = [&](const std::string& line) {
    absl::StrAppend(&text, line.substr(0, width), "\n");
    ++lines_;
  };
  if (!header.empty()) add(header);
  for (const auto& [name, progress] : runs) {
    add(absl::StrCat(name, name.empty() ? "" : "  ",
                     ProgressLine(progress, terminal_)));
  }
  std::fputs(text.c_str(), stderr);
}

void ProgressDisplay::Clear() {
  if (terminal_) {
    for (; lines_ > 0; --lines_) std::fputs("\x1b[1A\x1b[2K", stderr);
  }
  lines_ = 0;
}

}  // namespace nclab
