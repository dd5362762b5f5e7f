#include "experiments/cli/flags/spec_flags.h"

#include <gflags/gflags.h>

// The fields of a run's spec; empty means the default of RunSpec.
DEFINE_string(dataset, "", "for example 'mnist(train_per_class=100)'");
DEFINE_string(model, "", "for example 'mlp(width=1024,depth=3)'");
DEFINE_string(steps, "", "SGD iterations");
DEFINE_string(batch_size, "", "samples per step");
DEFINE_string(lr, "", "initial learning rate");
DEFINE_string(momentum, "", "of SGD");
DEFINE_string(weight_decay, "", "L2 penalty of SGD");
DEFINE_string(schedule, "", "of the learning rate: cosine or constant");
DEFINE_string(stop_train_loss, "",
              "stop where the training split's loss, in evaluation mode, is "
              "below this");
DEFINE_string(seed, "", "of weights and of the order of samples");
DEFINE_string(precision, "", "fp32, tf32 or bf16");
DEFINE_string(metrics, "", "comma-separated; default: every one");
DEFINE_string(layers, "", "comma-separated, or all; default: features");
DEFINE_string(eval_points, "", "evaluations of the run");
DEFINE_string(save_steps, "", "steps whose checkpoints are kept, as 0,10,20");
DEFINE_string(init_head, "", "the last Linear then: new or keep");
DEFINE_string(train_part, "", "all, or head: the last Linear alone");

namespace nclab {

std::vector<std::pair<std::string, std::string>> SpecFieldsFromFlags() {
  const std::pair<const char*, const std::string*> fields[] = {
      {"dataset", &FLAGS_dataset},
      {"model", &FLAGS_model},
      {"steps", &FLAGS_steps},
      {"batch_size", &FLAGS_batch_size},
      {"lr", &FLAGS_lr},
      {"momentum", &FLAGS_momentum},
      {"weight_decay", &FLAGS_weight_decay},
      {"schedule", &FLAGS_schedule},
      {"stop_train_loss", &FLAGS_stop_train_loss},
      {"seed", &FLAGS_seed},
      {"precision", &FLAGS_precision},
      {"metrics", &FLAGS_metrics},
      {"layers", &FLAGS_layers},
      {"eval_points", &FLAGS_eval_points},
      {"save_steps", &FLAGS_save_steps},
      {"init_head", &FLAGS_init_head},
      {"train_part", &FLAGS_train_part},
  };
  std::vector<std::pair<std::string, std::string>> given;
  for (const auto& [key, value] : fields) {
    if (!value->empty()) given.emplace_back(key, *value);
  }
  return given;
}

}  // namespace nclab
