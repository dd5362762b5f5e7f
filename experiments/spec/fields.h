// The fields of a run: the one table of them. Canonical text, flags, --set,
// checks, what people read of a recipe and docs/registered.md follow from it.
#ifndef NCLAB_EXPERIMENTS_SPEC_FIELDS_H_
#define NCLAB_EXPERIMENTS_SPEC_FIELDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/spec/run_spec.h"
#include "tools/base/registry/params.h"

namespace nclab {

enum class FieldOf {
  kRecipe,       // decides the weights: a member of Recipe
  kMeasurement,  // only what is measured of them: a member of Measurement
};

struct Field {
  ParamSpec param;  // name, default, help, range; of a list as SetField() reads
  std::variant<std::string RunSpec::*, int64_t RunSpec::*, double RunSpec::*,
               std::vector<std::string> RunSpec::*,
               std::vector<int64_t> RunSpec::*>
      member;
  FieldOf of = FieldOf::kRecipe;
  // The noun whose registry's choice it is, or a list of such; "" if none;
  // "run": another run's spec.
  std::string noun = "";
  // By --set and a flag of its name.
  bool settable = true;
  // A step may take another time with another value.
  bool costs = false;

  bool is_list() const { return member.index() >= 3; }
  // One choice, whose parameters --set reaches as field.parameter.
  bool is_choice() const {
    return !noun.empty() && noun != "run" && !is_list();
  }
};

// In the order in which people read them.
const std::vector<Field>& Fields();

// nullptr if there is none.
const Field* FindField(absl::string_view name);

// The value as SetField() takes it.
std::string FieldText(const Field& field, const RunSpec& spec);

// Sets one field from text, as --set and the flags do; `key` is its name, or
// field.parameter for a parameter of a choice.
// \error kInvalidArgument lists the known keys, or says what was expected.
absl::Status SetField(RunSpec& spec, absl::string_view key,
                      absl::string_view value);

// Keys and values of --set. Commas separate settings, and the words of a list:
// "steps=20,layers=fc1,fc2". \error kInvalidArgument.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ParseSettings(
    const std::string& text);

// Names that were fields in version 1; SetField() says where each went.
const std::vector<std::string>& FormerFields();

// "mlp on mnist(train_per_class=100), lr=0.1, optimizer=adam": what makes a
// recipe this one, without its seed and what it starts from. Choices as they
// are in `spec`: see Shown() in experiments/spec/canonical.h.
std::string DescribeRecipe(const RunSpec& spec);

// Equal for runs whose steps take equally long.
std::string StepCostKey(const RunSpec& spec);

// The choices of a spec by the names of their fields, and back.
std::map<std::string, std::string> ChoicesOf(const RunSpec& spec);
RunSpec WithChoices(RunSpec spec,
                    const std::map<std::string, std::string>& choices);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_SPEC_FIELDS_H_
