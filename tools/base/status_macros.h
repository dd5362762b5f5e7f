// Early return on a failed absl::Status or absl::StatusOr.
#ifndef NCLAB_TOOLS_BASE_STATUS_MACROS_H_
#define NCLAB_TOOLS_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define NCLAB_CONCAT_INNER(a, b) a##b
#define NCLAB_CONCAT(a, b) NCLAB_CONCAT_INNER(a, b)

// Returns from the enclosing function if `expr` is not OK.
#define NCLAB_RETURN_IF_ERROR(expr)                     \
  do {                                                  \
    if (absl::Status status_ = (expr); !status_.ok()) { \
      return status_;                                   \
    }                                                   \
  } while (false)

// Assigns the value of the StatusOr `expr` to `lhs`, or returns its status.
#define NCLAB_ASSIGN_OR_RETURN(lhs, expr) \
  NCLAB_ASSIGN_OR_RETURN_INNER(NCLAB_CONCAT(statusor_, __LINE__), lhs, expr)
#define NCLAB_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                                 \
  if (!tmp.ok()) return std::move(tmp).status();     \
  lhs = *std::move(tmp)

#endif  // NCLAB_TOOLS_BASE_STATUS_MACROS_H_
