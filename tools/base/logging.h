// glog, usable beside LibTorch.
//
// Both define LOG, CHECK and their kin. Include this header after LibTorch's
// and never <glog/logging.h> itself: LibTorch's macros give way to glog's.
#ifndef NCLAB_TOOLS_BASE_LOGGING_H_
#define NCLAB_TOOLS_BASE_LOGGING_H_

#undef LOG
#undef LOG_IF
#undef LOG_EVERY_MS
#undef LOG_EVERY_N
#undef VLOG
#undef VLOG_IF
#undef VLOG_IS_ON
#undef CHECK
#undef CHECK_OP
#undef CHECK_EQ
#undef CHECK_NE
#undef CHECK_LE
#undef CHECK_LT
#undef CHECK_GE
#undef CHECK_GT
#undef CHECK_NOTNULL
#undef DLOG
#undef DLOG_IF
#undef DVLOG
#undef DCHECK
#undef DCHECK_EQ
#undef DCHECK_NE
#undef DCHECK_LE
#undef DCHECK_LT
#undef DCHECK_GE
#undef DCHECK_GT
#undef DCHECK_NOTNULL

#include <glog/logging.h>

#endif  // NCLAB_TOOLS_BASE_LOGGING_H_
