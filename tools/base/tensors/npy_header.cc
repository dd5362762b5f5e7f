#include "tools/base/tensors/npy_header.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// NumPy refuses longer ones, too, unless it is told to trust the file.
constexpr uint64_t kMaxHeader = 65536;

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

// Reads the Python literal of the header from left to right.
class Literal {
 public:
  explicit Literal(absl::string_view text) : rest_(text) {}

  // Whether `text` comes next, after blanks; takes it.
  bool Take(absl::string_view text) {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return absl::ConsumePrefix(&rest_, text);
  }

  bool AtEnd() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return rest_.empty();
  }

  // 'text', "text", u'text'.
  std::optional<std::string> String() {
    (void)Take("u");
    for (const absl::string_view quote : {"'", "\""}) {
      if (!Take(quote)) continue;
      const size_t end = rest_.find(quote);
      if (end == absl::string_view::npos) return std::nullopt;
      std::string text(rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
      // An escape would mean another text.
      if (absl::StrContains(text, "\\")) return std::nullopt;
      return text;
    }
    return std::nullopt;
  }

  // (), (3,), (3, 4), (3L, 4L).
  std::optional<std::vector<int64_t>> Tuple() {
    if (!Take("(")) return std::nullopt;
    std::vector<int64_t> numbers;
    bool comma = true;
    while (!Take(")")) {
      if (!comma) return std::nullopt;
      rest_ = absl::StripLeadingAsciiWhitespace(rest_);
      const size_t end =
          std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      int64_t number;
      if (!absl::SimpleAtoi(rest_.substr(0, end), &number)) return std::nullopt;
      rest_.remove_prefix(end);
      absl::ConsumePrefix(&rest_, "L");  // of Python 2
      numbers.push_back(number);
      comma = Take(",");
    }
    if (numbers.size() == 1 && !comma) return std::nullopt;  // (3) is a number
    return numbers;
  }

  // The next value as it is written, for messages.
  std::string Words() const {
    const absl::string_view text = absl::StripAsciiWhitespace(rest_);
    return std::string(text.substr(0, std::min<size_t>(text.size(), 60)));
  }

 private:
  absl::string_view rest_;
};

// `descr`, which numpy.dtype() takes: a letter with the number of bytes, its
// one-letter code or its name, perhaps after the order of bytes.
absl::Status ReadType(absl::string_view descr, NpyHeader& header) {
  static const auto* const types = new std::map<std::string, std::string>{
      {"f2", "F16"},     {"e", "F16"},     {"float16", "F16"},
      {"f4", "F32"},     {"f", "F32"},     {"float32", "F32"},
      {"f8", "F64"},     {"d", "F64"},     {"float64", "F64"},
      {"float", "F64"},  {"b1", "BOOL"},   {"?", "BOOL"},
      {"bool", "BOOL"},  {"i1", "I8"},     {"b", "I8"},
      {"int8", "I8"},    {"i2", "I16"},    {"h", "I16"},
      {"int16", "I16"},  {"i4", "I32"},    {"i", "I32"},
      {"int32", "I32"},  {"i8", "I64"},    {"l", "I64"},
      {"q", "I64"},      {"int64", "I64"}, {"int", "I64"},
      {"u1", "U8"},      {"B", "U8"},      {"uint8", "U8"},
      {"u2", "U16"},     {"H", "U16"},     {"uint16", "U16"},
      {"u4", "U32"},     {"I", "U32"},     {"uint32", "U32"},
      {"u8", "U64"},     {"L", "U64"},     {"Q", "U64"},
      {"uint64", "U64"}, {"uint", "U64"}};
  absl::string_view name = descr;
  header.big_endian = absl::ConsumePrefix(&name, ">");
  if (!header.big_endian) {
    for (const absl::string_view order : {"<", "=", "|"}) {
      if (absl::ConsumePrefix(&name, order)) break;
    }
  }
  const auto found = types->find(std::string(name));
  if (found == types->end()) {
    return absl::UnimplementedError(
        absl::StrCat("numbers of type '", descr,
                     "'; floats of 2, 4 or 8 bytes, integers and bool are "
                     "known"));
  }
  header.dtype = found->second;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NpyPrefix> ParseNpyPrefix(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, "\x93NUMPY")) {
    return Wrong("it does not begin with the bytes 93 'NUMPY'");
  }
  const auto byte = [&](size_t at) -> uint64_t {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
  };
  const uint64_t version = byte(6);
  if (bytes.size() < 10 || (version > 1 && bytes.size() < kNpyPrefixBytes)) {
    return Wrong("it ends within its first 12 bytes");
  }
  if (version < 1 || version > 3) {
    return Wrong(absl::StrCat("version ", version, "; 1 to 3 are known"));
  }
  NpyPrefix prefix;
  uint64_t length = byte(8) + (byte(9) << 8);
  prefix.header_begin = 10;
  if (version > 1) {
    length += (byte(10) << 16) + (byte(11) << 24);
    prefix.header_begin = kNpyPrefixBytes;
  }
  if (length > kMaxHeader) {
    return Wrong(absl::StrCat("a header of ", length, " bytes; at most ",
                              kMaxHeader, " are read"));
  }
  prefix.data_begin = prefix.header_begin + length;
  return prefix;
}

absl::StatusOr<NpyHeader> ParseNpyHeader(absl::string_view text) {
  NpyHeader header;
  bool has_descr = false, has_order = false, has_shape = false;
  Literal literal(text);
  if (!literal.Take("{")) return Wrong("its header is no Python dictionary");
  for (bool comma = true; !literal.Take("}"); comma = literal.Take(",")) {
    const std::optional<std::string> key =
        comma ? literal.String() : std::nullopt;
    if (!key || !literal.Take(":")) {
      return Wrong(absl::StrCat("its header is no Python dictionary at: ",
                                literal.Words()));
    }
    const std::string words = literal.Words();
    if (*key == "descr") {
      const std::optional<std::string> descr = literal.String();
      if (!descr) {
        return Wrong(
            absl::StrCat("its 'descr' is no plain type of numbers: ", words));
      }
      NCLAB_RETURN_IF_ERROR(ReadType(*descr, header));
      has_descr = true;
    } else if (*key == "fortran_order") {
      header.fortran_order = literal.Take("True");
      if (!header.fortran_order && !literal.Take("False")) {
        return Wrong(absl::StrCat(
            "its 'fortran_order' is neither True nor False: ", words));
      }
      has_order = true;
    } else if (*key == "shape") {
      std::optional<std::vector<int64_t>> shape = literal.Tuple();
      if (!shape) {
        return Wrong(absl::StrCat(
            "its 'shape' is no tuple of whole numbers from 0 to 2^63: ",
            words));
      }
      header.shape = *std::move(shape);
      has_shape = true;
    } else {
      return Wrong(absl::StrCat("its header has the key '", *key,
                                "'; expected descr, fortran_order and shape"));
    }
  }
  if (!literal.AtEnd()) return Wrong("its header goes on after its dictionary");
  if (!has_descr || !has_order || !has_shape) {
    return Wrong(absl::StrCat("its header lacks ", !has_descr ? "descr"
                                                   : !has_order
                                                       ? "fortran_order"
                                                       : "shape"));
  }
  return header;
}

}  // namespace nclab
