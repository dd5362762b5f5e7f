#include "tools/base/torch/torch_status.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nclab {

absl::Status CatchTorch(const std::function<absl::Status()>& body) {
  try {
    return body();
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("Out of memory: ", error.msg()));
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    const std::string first_line = message.substr(0, message.find('\n'));
    // The CPU allocator throws a plain c10::Error; these are its words.
    if (absl::StrContains(message, "not enough memory") ||
        absl::StrContains(message, "can't allocate memory")) {
      return absl::ResourceExhaustedError(
          absl::StrCat("Out of memory: ", first_line));
    }
    return absl::InternalError(absl::StrCat("LibTorch: ", first_line));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("Out of memory.");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace nclab
