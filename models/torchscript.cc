// torchscript: a network of torch.jit.script() or torch.jit.trace(), from its
// file: measured as it is, and trained on from its weights.
//
// Its head is the last Linear module, or `head`; `features` is what goes into
// it. `features=MODULE` takes the output of a module in its place, which must
// be the same up to shape: [B, D], or [B, D, H, W], averaged. `layers=A+B`
// offers the outputs of further modules. Modules are named as named_modules()
// of PyTorch names them.
//
// Where the data has another number of classes than the file, the head is a new
// one, drawn from the seed as Linear's.
//
// What goes through a module is kept by an instruction that is added to its
// forward(), so nothing is computed twice. The optimiser of TorchScript is off:
// it rewrites a network after its first passes, and a resumed run would have
// other bytes.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/csrc/jit/serialization/import.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "models/model.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/registry/path_param.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

// Not `Module`, which is torch::nn's in a Model.
using Script = torch::jit::Module;

constexpr char kInput[] = "nclab_input";
constexpr char kOutput[] = "nclab_output";

// An attribute in which a module keeps what went through it last.
struct Tap {
  std::string layer;
  Script module;
  const char* attribute;
};

std::optional<Script> FindModule(const Script& root, const std::string& name) {
  for (const auto& item : root.named_modules()) {
    if (item.name == name && !name.empty()) return item.value;
  }
  return std::nullopt;
}

// The graph of forward(); nullptr where the module has none that runs alone.
std::shared_ptr<torch::jit::Graph> ForwardOf(const Script& module) {
  const auto method = module.find_method("forward");
  if (!method) return nullptr;
  return torch::jit::toGraphFunction(method->function()).graph();
}

bool IsTensor(const torch::jit::Value* value) {
  return value->type()->isSubtypeOf(*c10::TensorType::get());
}

// Modules that give a tensor, in their order.
std::vector<std::string> TappableModules(const Script& root) {
  std::vector<std::string> names;
  for (const auto& item : root.named_modules()) {
    const auto graph = ForwardOf(item.value);
    if (!item.name.empty() && graph != nullptr &&
        graph->outputs().size() == 1 && IsTensor(graph->outputs()[0])) {
      names.push_back(item.name);
    }
  }
  return names;
}

// Keeps `value` of forward() in `attribute` of each module of `module`'s type.
void Keep(const Script& root, const Script& module, const char* attribute,
          torch::jit::Value* value) {
  const auto type = c10::OptionalType::create(c10::TensorType::get());
  if (module.type()->hasAttribute(attribute)) return;
  for (const auto& item : root.named_modules()) {
    if (item.value.type() != module.type()) continue;
    Script(item.value).register_attribute(attribute, type, c10::IValue());
  }
  const auto graph = ForwardOf(module);
  torch::jit::Node* const node =
      graph->create(c10::prim::SetAttr, {graph->inputs()[0], value}, 0);
  node->s_(c10::attr::name, attribute);
  node->insertBefore(graph->return_node());
}

bool IsLinear(const Script& module) {
  if (!module.hasattr("weight") || !module.attr("weight").isTensor()) {
    return false;
  }
  const auto name = module.type()->name();
  return name && absl::StrContains(name->qualifiedName(), "modules.linear.") &&
         module.attr("weight").toTensor().dim() == 2;
}

class TorchScript : public Model {
 public:
  TorchScript(Script module, std::string head, std::vector<Tap> taps)
      : module_(std::move(module)),
        head_(std::move(head)),
        taps_(std::move(taps)) {}

  // Shares parameters and buffers of the network under their own names.
  void Register() {
    for (const auto& item : module_.named_parameters()) {
      const auto [owner, name] = Owner(item.name);
      owner->register_parameter(name, item.value, item.value.requires_grad());
    }
    for (const auto& item : module_.named_buffers()) {
      const auto [owner, name] = Owner(item.name);
      owner->register_buffer(name, item.value);
    }
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    const at::Tensor logits = module_.forward({x}).toTensor();
    for (const Tap& tap : taps_) {
      if (!taps.Wants(tap.layer)) continue;
      const c10::IValue kept = tap.module.attr(tap.attribute);
      if (!kept.isTensor()) continue;
      const at::Tensor tensor = kept.toTensor();
      taps(tap.layer,
           tensor.dim() == 2 || tensor.dim() == 4 ? tensor : tensor.flatten(1));
    }
    // Nothing is kept longer than its batch.
    for (Tap& tap : taps_) tap.module.setattr(tap.attribute, c10::IValue());
    return logits;
  }

  void train(bool on) override {
    Model::train(on);
    module_.train(on);
  }

  std::vector<LayerInfo> layers() const override { return layers_; }
  std::string head() const override { return head_; }

  // Asks the network what its layers are, by samples of zeros.
  absl::Status Probe(const std::vector<int64_t>& shape, int64_t classes) {
    std::vector<int64_t> sizes = {2};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    std::vector<std::string> names;
    for (const Tap& tap : taps_) names.push_back(tap.layer);
    Taps taps(names);
    at::Tensor logits;
    eval();
    const absl::Status ran = CatchTorch([&] {
      const at::NoGradGuard no_grad;
      logits = Forward(at::zeros(sizes), taps);
      return absl::OkStatus();
    });
    train(true);
    if (!ran.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("It does not take samples of ",
                       absl::StrJoin(shape, "x"), ": ", ran.message()));
    }
    if (logits.sizes() != at::IntArrayRef({2, classes})) {
      return absl::InvalidArgumentError(absl::StrCat(
          "It gives [", absl::StrJoin(logits.sizes(), ", "),
          "] for 2 samples; expected logits [2, ", classes,
          "], a number for each of the classes of its head '", head_, "'."));
    }
    for (size_t i = 0; i < taps_.size(); ++i) {
      const at::Tensor& tensor = taps.tensors()[i];
      if (!tensor.defined() || tensor.size(0) != 2) {
        return absl::InvalidArgumentError(absl::StrCat(
            "Layer '", names[i],
            "' gives nothing for each sample of a batch; give another."));
      }
      layers_.push_back({names[i], tensor.size(1)});
    }
    return absl::OkStatus();
  }

 private:
  // The module of a dotted name, made where it is missing, and the last part.
  std::pair<torch::nn::Module*, std::string> Owner(const std::string& dotted) {
    std::vector<std::string> parts = absl::StrSplit(dotted, '.');
    torch::nn::Module* owner = this;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto children = owner->named_children();
      const auto* child = children.find(parts[i]);
      owner = child != nullptr
                  ? child->get()
                  : owner
                        ->register_module(parts[i],
                                          std::make_shared<torch::nn::Module>())
                        .get();
    }
    return {owner, parts.back()};
  }

  Script module_;
  std::string head_;
  std::vector<Tap> taps_;
  std::vector<LayerInfo> layers_;
};

absl::StatusOr<Script> LoadFile(const std::string& path) {
  // Says what is no file, and never waits for one.
  NCLAB_ASSIGN_OR_RETURN(const int fd, OpenForReading(path));
  close(fd);
  std::optional<Script> module;
  const absl::Status status = CatchTorch([&] {
    module = torch::jit::load(path, at::kCPU);
    return absl::OkStatus();
  });
  if (status.ok()) return *module;
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is no TorchScript module that LibTorch ",
                   "reads (write it with torch.jit.script(net).save(F)): ",
                   status.message()));
}

// A name that is wrong in the choice: no missing file.
absl::Status Unknown(absl::string_view noun, const std::string& given,
                     const std::vector<std::string>& known,
                     absl::string_view hint = "") {
  return absl::InvalidArgumentError(
      UnknownNameError(noun, given, known, hint).message());
}

// The last Linear, or the one that was named.
absl::StatusOr<std::string> FindHead(const Script& root,
                                     const std::string& wanted) {
  std::vector<std::string> linear;
  for (const auto& item : root.named_modules()) {
    if (IsLinear(item.value) && !item.name.empty()) linear.push_back(item.name);
  }
  if (linear.empty()) {
    return absl::InvalidArgumentError(
        "It has no Linear module, whose input would be its features; a frozen "
        "module has none: save it without torch.jit.freeze().");
  }
  if (wanted == "last") return linear.back();
  if (std::find(linear.begin(), linear.end(), wanted) != linear.end()) {
    return wanted;
  }
  return Unknown("Linear module", wanted, linear,
                 "Leave head out for the last.");
}

// A new head of `classes` rows, where the network has another number.
void FitHead(Script& head, int64_t classes) {
  const at::Tensor old = head.attr("weight").toTensor();
  if (old.size(0) == classes) return;
  const double bound = 1 / std::sqrt(static_cast<double>(old.size(1)));
  for (const char* name : {"weight", "bias"}) {
    if (!head.hasattr(name) || !head.attr(name).isTensor()) continue;
    const at::Tensor fresh =
        std::string(name) == "weight"
            ? at::empty({classes, old.size(1)}, old.options())
            : at::empty({classes}, old.options());
    fresh.uniform_(-bound, bound);
    head.setattr(name, fresh.requires_grad_());
  }
}

absl::StatusOr<std::shared_ptr<Model>> MakeTorchScript(
    const Params& params, const ModelInput& input) {
  const std::string& path = params.String("file");
  if (path == kDefaultPath) {
    return absl::InvalidArgumentError(
        "Which network? Write torchscript(file=NET.pt).");
  }
  torch::jit::setGraphExecutorOptimize(false);
  NCLAB_ASSIGN_OR_RETURN(Script root, LoadFile(path));
  const auto annotated = [&](const absl::Status& status) {
    return Annotate(status, path);
  };
  const absl::StatusOr<std::string> head =
      FindHead(root, params.String("head"));
  if (!head.ok()) return annotated(head.status());
  Script linear = *FindModule(root, *head);
  if (!linear.hasattr("bias") || !linear.attr("bias").isTensor()) {
    return annotated(absl::InvalidArgumentError(
        absl::StrCat("its head '", *head, "' has no bias; expected one.")));
  }
  const int64_t in_file = linear.attr("weight").toTensor().size(0);
  const int64_t classes = input.classes == 0 ? in_file : input.classes;
  FitHead(linear, classes);

  std::vector<Tap> taps;
  const std::vector<std::string> tappable = TappableModules(root);
  // Adds the output of a module as a layer.
  const auto add = [&](const std::string& name,
                       const std::string& layer) -> absl::Status {
    if (std::find(tappable.begin(), tappable.end(), name) == tappable.end()) {
      return annotated(Unknown("module", name, tappable));
    }
    const Script module = *FindModule(root, name);
    Keep(root, module, kOutput, ForwardOf(module)->outputs()[0]);
    taps.push_back({layer, module, kOutput});
    return absl::OkStatus();
  };
  if (params.String("layers") != "none") {
    for (const absl::string_view name :
         absl::StrSplit(params.String("layers"), '+')) {
      NCLAB_RETURN_IF_ERROR(add(std::string(name), std::string(name)));
    }
  }
  if (params.String("features") == "head_input") {
    const auto graph = ForwardOf(linear);
    if (graph == nullptr || graph->inputs().size() != 2) {
      return annotated(absl::InvalidArgumentError(absl::StrCat(
          "what goes into its head '", *head,
          "' cannot be seen; name a module whose output it is: features=.")));
    }
    Keep(root, linear, kInput, graph->inputs()[1]);
    taps.push_back({"features", linear, kInput});
  } else {
    NCLAB_RETURN_IF_ERROR(add(params.String("features"), "features"));
  }
  const auto model = std::make_shared<TorchScript>(root, *head, taps);
  model->Register();
  NCLAB_RETURN_IF_ERROR(annotated(model->Probe(input.shape, classes)));
  const int64_t dim = linear.attr("weight").toTensor().size(1);
  if (model->layers().back().dim != dim) {
    return annotated(absl::InvalidArgumentError(absl::StrCat(
        "the output of '", params.String("features"), "' has ",
        model->layers().back().dim, " numbers a sample, but its head '", *head,
        "' takes ", dim, "; name the module right before it, or leave ",
        "features out.")));
  }
  return model;
}

NCLAB_REGISTER_MODEL(
    {.name = "torchscript",
     .summary = "a network of torch.jit.save(), with its weights",
     .reference = "PyTorch, torch.jit",
     .params =
         {PathParam("file", "what torch.jit.script(net).save() wrote"),
          StringParam("features", "head_input",
                      "the module whose output goes into the head; head_input: "
                      "what goes into it"),
          StringParam("head", "last", "the last Linear module"),
          StringParam("layers", "none",
                      "modules whose outputs are layers, as layer1+layer2")},
     .weights_from = "file"},
    MakeTorchScript);

}  // namespace
}  // namespace nclab
