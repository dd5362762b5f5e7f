#include "tools/base/text/shell_words.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace nclab {
namespace {

// Bytes of the UTF-8 character at the front of `text`; 0 if there is none.
size_t CharacterSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t size = first < 0x80                    ? 1
                      : first >= 0xc2 && first < 0xe0 ? 2
                      : first >= 0xe0 && first < 0xf0 ? 3
                      : first >= 0xf0 && first < 0xf5 ? 4
                                                      : 0;
  if (size == 0 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (size > 2) {  // Too long, a surrogate, or beyond U+10FFFF.
    const uint8_t second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
      return 0;
    }
  }
  return size;
}

bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::StrContains("_-+=.,:/@%", absl::string_view(&c, 1));
}

// $'...', for what no other quotes can hold.
std::string Escaped(absl::string_view word) {
  std::string text = "$'";
  while (!word.empty()) {
    const size_t size = CharacterSize(word);
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
    const size_t size = CharacterSize(rest);
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
