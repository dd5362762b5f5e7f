#include "tools/base/text/shell_words.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/process/subprocess.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ShellWord, LeavesPlainWordsAsTheyAre) {
  EXPECT_EQ(ShellWord("--lr=0.1,1e-3"), "--lr=0.1,1e-3");
  EXPECT_EQ(ShellWord("/a/b_c"), "/a/b_c");
}

TEST(ShellWord, IsReadBackByBashWhateverItHolds) {
  const std::string words[] = {"",
                               " ",
                               "it's",
                               "a\"b",
                               "*?[x]",
                               "~/x",
                               "#no",
                               "!!",
                               "a\\b",
                               "$HOME`id`",
                               "{a,b}",
                               "a\nb",
                               "\t",
                               "-n",
                               "\xff\x41",
                               "\xc3\xa4",
                               "a;b|c&d",
                               "x\\'y\n\xff"
                               "1",
                               "=ls",
                               "(1)",
                               "<>"};
  for (const std::string& word : words) {
    const std::string command = "printf '%s' " + ShellWord(word);
    EXPECT_EQ(command.find('\n'), std::string::npos) << command;
    NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult result,
                               RunProgram({"bash", "-c", command}));
    EXPECT_EQ(result.output, word) << command;
  }
}

TEST(ShellWord, IsUtf8) {
  EXPECT_EQ(ShellWord("\xff"), R"($'\377')");
  EXPECT_EQ(ShellWord("\xed\xa0\x80"), R"($'\355\240\200')");  // a surrogate
  EXPECT_EQ(ShellWord("\xc3\xa4"), "'\xc3\xa4'");
}

TEST(SplitShellWords, SplitsAsAShell) {
  const auto split = [](absl::string_view text) {
    return SplitShellWords(text).value();
  };
  EXPECT_THAT(split("  --a=1\t--b \n c  "), ElementsAre("--a=1", "--b", "c"));
  EXPECT_THAT(split("--comment='two words' x"),
              ElementsAre("--comment=two words", "x"));
  EXPECT_THAT(split(R"(a\ b "c \"d\" \e" 'f\' '')"),
              ElementsAre("a b", R"(c "d" \e)", "f\\", ""));
  EXPECT_THAT(split("$HOME *"), ElementsAre("$HOME", "*"));
  EXPECT_THAT(split(" "), IsEmpty());
}

TEST(SplitShellWords, ReadsWhatShellWordWrites) {
  for (const std::string word : {"it's", "a b", "\"", "\\", "x"}) {
    EXPECT_THAT(SplitShellWords(ShellWord(word)).value(), ElementsAre(word));
  }
}

TEST(SplitShellWords, RefusesAnOpenQuote) {
  EXPECT_THAT(SplitShellWords("--comment='two"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a quote (') is not closed")));
}

}  // namespace
}  // namespace nclab
