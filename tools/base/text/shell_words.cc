#include "tools/base/text/shell_words.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tools/base/text/utf8.h"

namespace nclab {
namespace {

bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::StrContains("_-+=.,:/@%", absl::string_view(&c, 1));
}

// $'...', for what no other quotes can hold.
std::string Escaped(absl::string_view word) {
  std::string text = "$'";
  while (!word.empty()) {
    const size_t size = Utf8CharacterSize(word);
    const char c = word[0];
    if (c == '\'' || c == '\\') {
      absl::StrAppend(&text, "\\", word.substr(0, 1));
    } else if (size == 0 || absl::ascii_iscntrl(static_cast<uint8_t>(c))) {
      // Octal: three digits at most, whatever follows.
      absl::StrAppendFormat(&text, "\\%03o", static_cast<uint8_t>(c));
    } else {
      absl::StrAppend(&text, word.substr(0, size));
    }
    word.remove_prefix(std::max<size_t>(1, size));
  }
  return text + "'";
}

}  // namespace

std::string ShellWord(absl::string_view word) {
  // "=" first: zsh takes =program for its path.
  if (!word.empty() && word[0] != '=' &&
      std::all_of(word.begin(), word.end(), IsPlain)) {
    return std::string(word);
  }
  for (absl::string_view rest = word; !rest.empty();) {
    const size_t size = Utf8CharacterSize(rest);
    if (size == 0 || absl::ascii_iscntrl(static_cast<uint8_t>(rest[0]))) {
      return Escaped(word);
    }
    rest.remove_prefix(size);
  }
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

absl::StatusOr<std::vector<std::string>> SplitShellWords(
    absl::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (word) words.push_back(*word);
      word.reset();
      continue;
    }
    if (!word) word.emplace();
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size() &&
               (quote == 0 ||
                absl::StrContains("$`\"\\\n", text.substr(i + 1, 1)))) {
      if (text[++i] != '\n') word->push_back(text[i]);  // a continued line
    } else {
      word->push_back(c);
    }
  }
  if (quote != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a quote (", absl::string_view(&quote, 1),
                     ") is not closed in: ", text));
  }
  if (word) words.push_back(*word);
  return words;
}

}  // namespace nclab
