// What the runs of several figures have in common. Cells of two figures with
// the same spec share their runs.
#ifndef NCLAB_EXPERIMENTS_PAPER_RUNS_H_
#define NCLAB_EXPERIMENTS_PAPER_RUNS_H_

#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace nclab {

// A variance ratio below which features may be called collapsed. The paper says
// "negligible" and names no number; the lowest test axis of its figures ends at
// five times this.
inline constexpr double kNegligible = 0.1;

// "We train all models to get 0 training error and continue training to achieve
// close to 0 training loss", which is below 1e-5 (section 3.3, footnote 3).
inline constexpr double kZeroLoss = 1e-5;
Needs TrainedToZero();

// A convolutional network as in section 4.1 of the paper: 80,000 SGD steps,
// batch 128, momentum 0.9, cosine schedule; the variances of `features`.
RunSpec PaperRun(const std::string& dataset, const std::string& model,
                 double lr);

// A panel of variances over SGD iterations, logarithmic.
Panel VariancePanel(const std::string& id, const std::string& title,
                    std::vector<Curves> curves);

// That TrainVariance falls in `cell`, trained to zero.
Claim TrainFalls(const std::string& cell);

// The decisions of PaperRun() runs where the text is silent.
std::vector<std::string> PaperRunDecisions();

// Cell `cell` of `experiment`, ResNet18 on CIFAR-10, and its presets: the runs
// of figures 1 and 3.
void SetCifar10ResNet18(const std::string& cell, Experiment& experiment);

// The released code's metric: Tr(S_W S_B^+), not divided by the classes, around
// the means of the same step.
Convention Trace();

// What the released code does otherwise than the text, in every cell.
Reading CodeReading();

// The 3x3 stem of ResNets for small images, in the cells of `where`, and what
// speaks for it.
Rule SmallImageStem(const Words& where);
std::string SmallImageStemDeparture();
// The same of the trace, for VGG.
std::string TraceDeparture();

Preset PaperPreset();

// For tests of the path: a few steps of a tiny network on made images.
Preset SmokePreset(std::vector<int64_t> seeds);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_PAPER_RUNS_H_
