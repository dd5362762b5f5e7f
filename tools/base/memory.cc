#include "tools/base/memory.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tools/base/text/numbers.h"

namespace nclab {

absl::Status CheckMemory(absl::string_view what, double bytes) {
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                        static_cast<double>(sysconf(_SC_PAGESIZE));
  if (bytes <= memory) return absl::OkStatus();
  constexpr double kMost = 9e18;  // an int64 holds it
  return absl::InvalidArgumentError(absl::StrCat(
      what, bytes > kMost ? " takes more than " : " takes ",
      FormatBytes(static_cast<int64_t>(std::min(bytes, kMost))),
      " of memory; this machine has ",
      FormatBytes(static_cast<int64_t>(memory)), ". Ask for less."));
}

}  // namespace nclab
