#include "tools/base/tensors/pickle/machine.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/pickle/globals.h"
#include "tools/base/text/utf8.h"

namespace nclab {
namespace {

using Kind = PickleKind;
using Value = PickleValue;

template <typename... Words>
absl::Status Wrong(const Words&... words) {
  return absl::InvalidArgumentError(absl::StrCat(words...));
}

class Machine {
 public:
  Machine(absl::string_view pickle, std::deque<Value>& values)
      : pickle_(pickle), values_(values) {}

  // The value that the program leaves.
  absl::StatusOr<const Value*> Run() {
    while (true) {
      const size_t begin = at_;
      NCLAB_ASSIGN_OR_RETURN(const uint64_t code, Number(1));
      if (code == '.') break;
      const absl::Status status = Step(static_cast<uint8_t>(code));
      if (!status.ok()) {
        return Wrong(status.message(), " (at byte ", begin, " of its pickle)");
      }
    }
    if (stack_.empty()) return Wrong("its pickle leaves nothing");
    return stack_.back();
  }

 private:
  Value* New(Kind kind) {
    values_.emplace_back();
    values_.back().kind = kind;
    return &values_.back();
  }

  void Push(Value* value) { stack_.push_back(value); }

  // The next `size` bytes as a little-endian number.
  absl::StatusOr<uint64_t> Number(size_t size) {
    NCLAB_ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(size));
    uint64_t number = 0;
    for (size_t i = 0; i < size; ++i) {
      number |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << 8 * i;
    }
    return number;
  }

  absl::StatusOr<absl::string_view> Bytes(uint64_t size) {
    if (size > pickle_.size() - at_) {
      return Wrong("its pickle ends in the middle");
    }
    at_ += size;
    return pickle_.substr(at_ - size, size);
  }

  absl::StatusOr<absl::string_view> Line() {
    const size_t end = pickle_.find('\n', at_);
    if (end == absl::string_view::npos) {
      return Wrong("its pickle ends in the middle");
    }
    const absl::string_view line = pickle_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }

  absl::StatusOr<Value*> Pop() {
    const size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= bottom)
      return Wrong("its pickle takes what is not there");
    Value* const top = stack_.back();
    stack_.pop_back();
    return top;
  }

  // What was pushed since the last mark, which goes.
  absl::StatusOr<std::vector<const Value*>> PopMark() {
    if (marks_.empty()) return Wrong("its pickle lacks a mark");
    std::vector<const Value*> items(
        stack_.begin() + static_cast<int64_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void PushInteger(int64_t number) {
    Value* const value = New(Kind::kNumber);
    value->number = number;
    Push(value);
  }

  void PushSequence(std::vector<const Value*> items) {
    Value* const value = New(Kind::kSequence);
    value->items = std::move(items);
    Push(value);
  }

  absl::Status PushText(size_t length_bytes) {
    NCLAB_ASSIGN_OR_RETURN(const uint64_t size, Number(length_bytes));
    NCLAB_ASSIGN_OR_RETURN(const absl::string_view text, Bytes(size));
    if (!IsUtf8(text)) return Wrong("a text in it is not UTF-8");
    Value* const value = New(Kind::kText);
    value->text = std::string(text);
    Push(value);
    return absl::OkStatus();
  }

  absl::Status PushGlobal(absl::string_view module, absl::string_view name) {
    const std::string global = absl::StrCat(module, ".", name);
    if (!IsTensorGlobal(global)) {
      return Wrong("it holds an object of '",
                   IsUtf8(global) ? global : "bytes that are no name",
                   "', which is no tensor; only dense tensors in "
                   "dictionaries, lists and tuples are read");
    }
    Value* const value = New(Kind::kGlobal);
    value->text = global;
    Push(value);
    return absl::OkStatus();
  }

  absl::Status Remember(uint64_t place) {
    if (stack_.empty()) return Wrong("its pickle takes what is not there");
    memo_[place] = stack_.back();
    return absl::OkStatus();
  }

  absl::Status Recall(uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) return Wrong("its pickle recalls nothing");
    Push(found->second);
    return absl::OkStatus();
  }

  // Adds `items` to the container on top.
  absl::Status Extend(Kind kind, const std::vector<const Value*>& items) {
    const size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= bottom || stack_.back()->kind != kind ||
        (kind == Kind::kMapping && items.size() % 2 != 0)) {
      return Wrong("its pickle adds to what is no container");
    }
    Value& top = *stack_.back();
    top.items.insert(top.items.end(), items.begin(), items.end());
    return absl::OkStatus();
  }

  absl::Status PushStorage(const Value& id) {
    // ("storage", class, record, device, numbers)
    if (id.kind != Kind::kSequence || id.items.size() != 5 ||
        id.items[1]->kind != Kind::kGlobal ||
        id.items[2]->kind != Kind::kText) {
      return Wrong("it refers to something that is no storage of numbers");
    }
    Value* const storage = New(Kind::kStorage);
    storage->tensor.dtype = PickledDtype(id.items[1]->text);
    storage->tensor.record = id.items[2]->text;
    Push(storage);
    return absl::OkStatus();
  }

  static bool Integers(const Value& from, std::vector<int64_t>& to) {
    if (from.kind != Kind::kSequence) return false;
    for (const Value* item : from.items) {
      if (item->kind != Kind::kNumber || item->number < 0) return false;
      to.push_back(item->number);
    }
    return true;
  }

  // torch._utils._rebuild_tensor_v2(storage, offset, size, strides, ...); v3
  // has the dtype as the seventh.
  absl::Status PushTensor(const std::vector<const Value*>& args, bool typed) {
    const bool enough =
        args.size() >= (typed ? 7u : 6u) && args[0]->kind == Kind::kStorage &&
        args[1]->kind == Kind::kNumber && args[1]->number >= 0 &&
        (!typed || args[6]->kind == Kind::kGlobal);
    Value* const made = New(Kind::kTensor);
    if (enough) {
      made->tensor = args[0]->tensor;
      made->tensor.offset = args[1]->number;
      if (typed) made->tensor.dtype = PickledDtype(args[6]->text);
    }
    if (!enough || !Integers(*args[2], made->tensor.shape) ||
        !Integers(*args[3], made->tensor.strides) ||
        made->tensor.shape.size() != made->tensor.strides.size()) {
      return Wrong("it holds a tensor that is none");
    }
    Push(made);
    return absl::OkStatus();
  }

  absl::Status Call(const Value& function, const Value& arguments) {
    if (function.kind != Kind::kGlobal || arguments.kind != Kind::kSequence) {
      return Wrong("its pickle calls what is no function");
    }
    const std::vector<const Value*>& args = arguments.items;
    const absl::string_view name = function.text;
    if (name == "torch._utils._rebuild_tensor_v2" ||
        name == "torch._utils._rebuild_tensor_v3") {
      return PushTensor(args, absl::EndsWith(name, "3"));
    }
    if (name == "torch._utils._rebuild_parameter" && !args.empty()) {
      stack_.push_back(const_cast<Value*>(args[0]));
      return absl::OkStatus();
    }
    if (name == "torch.Size" && args.size() == 1) {
      PushSequence(args[0]->items);
      return absl::OkStatus();
    }
    if (name == "collections.OrderedDict" && args.empty()) {
      Push(New(Kind::kMapping));
      return absl::OkStatus();
    }
    if (name == "torch.device") {
      Push(New(Kind::kPlain));
      return absl::OkStatus();
    }
    return Wrong("its pickle calls ", name,
                 " otherwise than torch.save() does");
  }

  absl::Status Step(uint8_t code);

  const absl::string_view pickle_;
  size_t at_ = 0;
  std::deque<Value>& values_;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;
  std::map<uint64_t, Value*> memo_;
};

// Codes as in Python's pickletools.
absl::Status Machine::Step(uint8_t code) {
  const auto pop_tuple = [this](int count) -> absl::Status {
    std::vector<const Value*> items(static_cast<size_t>(count));
    for (int i = count - 1; i >= 0; --i) {
      NCLAB_ASSIGN_OR_RETURN(items[static_cast<size_t>(i)], Pop());
    }
    PushSequence(std::move(items));
    return absl::OkStatus();
  };
  switch (code) {
    case 0x80:  // PROTO
      return Number(1).status();
    case 0x95:  // FRAME
      return Number(8).status();
    case '(':
      marks_.push_back(stack_.size());
      return absl::OkStatus();
    case 'N':
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      Push(New(Kind::kPlain));
      return absl::OkStatus();
    case 'G':  // BINFLOAT
      Push(New(Kind::kPlain));
      return Number(8).status();
    case 'J': {  // BININT
      NCLAB_ASSIGN_OR_RETURN(const uint64_t number, Number(4));
      PushInteger(static_cast<int32_t>(number));
      return absl::OkStatus();
    }
    case 'K':
    case 'M': {  // BININT1, BININT2
      NCLAB_ASSIGN_OR_RETURN(const uint64_t number,
                             Number(code == 'K' ? 1 : 2));
      PushInteger(static_cast<int64_t>(number));
      return absl::OkStatus();
    }
    case 0x8a: {  // LONG1
      NCLAB_ASSIGN_OR_RETURN(const uint64_t size, Number(1));
      if (size > 8) {  // beyond int64: no size of a tensor
        Push(New(Kind::kPlain));
        return Bytes(size).status();
      }
      NCLAB_ASSIGN_OR_RETURN(uint64_t number, Number(size));
      const uint64_t sign = size == 0 ? 0 : uint64_t{1} << (8 * size - 1);
      if ((number & sign) != 0 && size < 8) number -= sign << 1;
      PushInteger(static_cast<int64_t>(number));
      return absl::OkStatus();
    }
    case 'X':  // BINUNICODE
      return PushText(4);
    case 0x8c:  // SHORT_BINUNICODE
      return PushText(1);
    case 0x8d:  // BINUNICODE8
      return PushText(8);
    case '}':
      Push(New(Kind::kMapping));
      return absl::OkStatus();
    case ']':
    case ')':
      PushSequence({});
      return absl::OkStatus();
    case 0x85:  // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      return pop_tuple(code - 0x84);
    case 't': {
      NCLAB_ASSIGN_OR_RETURN(std::vector<const Value*> items, PopMark());
      PushSequence(std::move(items));
      return absl::OkStatus();
    }
    case 'a': {
      NCLAB_ASSIGN_OR_RETURN(const Value* const item, Pop());
      return Extend(Kind::kSequence, {item});
    }
    case 's': {
      NCLAB_ASSIGN_OR_RETURN(const Value* const value, Pop());
      NCLAB_ASSIGN_OR_RETURN(const Value* const key, Pop());
      return Extend(Kind::kMapping, {key, value});
    }
    case 'e':
    case 'u': {
      NCLAB_ASSIGN_OR_RETURN(const std::vector<const Value*> items, PopMark());
      return Extend(code == 'e' ? Kind::kSequence : Kind::kMapping, items);
    }
    case 'q':
    case 'r': {  // BINPUT, LONG_BINPUT
      NCLAB_ASSIGN_OR_RETURN(const uint64_t place, Number(code == 'q' ? 1 : 4));
      return Remember(place);
    }
    case 0x94:  // MEMOIZE
      return Remember(memo_.size());
    case 'h':
    case 'j': {  // BINGET, LONG_BINGET
      NCLAB_ASSIGN_OR_RETURN(const uint64_t place, Number(code == 'h' ? 1 : 4));
      return Recall(place);
    }
    case 'c': {  // GLOBAL
      NCLAB_ASSIGN_OR_RETURN(const absl::string_view module, Line());
      NCLAB_ASSIGN_OR_RETURN(const absl::string_view name, Line());
      return PushGlobal(module, name);
    }
    case 0x93: {  // STACK_GLOBAL
      NCLAB_ASSIGN_OR_RETURN(const Value* const name, Pop());
      NCLAB_ASSIGN_OR_RETURN(const Value* const module, Pop());
      return PushGlobal(module->text, name->text);
    }
    case 'Q': {  // BINPERSID
      NCLAB_ASSIGN_OR_RETURN(const Value* const id, Pop());
      return PushStorage(*id);
    }
    case 'R': {  // REDUCE
      NCLAB_ASSIGN_OR_RETURN(const Value* const arguments, Pop());
      NCLAB_ASSIGN_OR_RETURN(const Value* const function, Pop());
      return Call(*function, *arguments);
    }
    case 'b':  // BUILD: attributes of an OrderedDict, such as _metadata
      NCLAB_RETURN_IF_ERROR(Pop().status());
      return Extend(Kind::kMapping, {});
    default:
      return Wrong(absl::StrFormat(
          "its pickle has the instruction 0x%02x, which tensors do not need",
          code));
  }
}

}  // namespace

absl::StatusOr<const PickleValue*> RunPickle(absl::string_view pickle,
                                             std::deque<PickleValue>& values) {
  return Machine(pickle, values).Run();
}

}  // namespace nclab
