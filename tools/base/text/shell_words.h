// Words as a shell reads and writes them, without one.
#ifndef NCLAB_TOOLS_BASE_TEXT_SHELL_WORDS_H_
#define NCLAB_TOOLS_BASE_TEXT_SHELL_WORDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// `word` so that bash and zsh read it as this one word: as it is, in quotes,
// or, where it has bytes that are no text, as $'a\xff'. The answer is UTF-8
// and one line.
std::string ShellWord(absl::string_view word);

// The words of `text` as a POSIX shell splits them: blanks separate, quotes
// and backslashes keep together; nothing is expanded.
// \error kInvalidArgument if a quote is not closed.
absl::StatusOr<std::vector<std::string>> SplitShellWords(
    absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TEXT_SHELL_WORDS_H_
