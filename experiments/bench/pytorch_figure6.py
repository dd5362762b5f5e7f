"""PyTorch's side of figure 6: three MLPs one after the other, each measured at
log-spaced steps. Data are noise of the figure's size.

    python3 pytorch_figure6.py --steps=1000 [--loader] [--threads=2]

The steps are pytorch_side's: tuned, or (--loader) as in the usual script. A
measurement is a forward pass over both splits with hooks on all layers, then
class means and variances in PyTorch. Prints a CSV.
"""

import argparse

import torch
from torch.nn import functional

import pytorch_side

SAMPLES, TESTS, CLASSES, POINTS = 1000, 200, 10, 40


def evaluation_steps(steps):
    span = torch.logspace(0, torch.log10(torch.tensor(float(steps))), POINTS - 1)
    return {0, *span.round().long().tolist()}


@torch.no_grad()
def measure(model, x, y):
    """Within over between variance of each layer, loss and accuracy."""
    kept, hooks = [], []
    for layer in list(model)[1:-1]:
        hooks.append(layer.register_forward_hook(
            lambda module, inputs, output: kept.append(output)))
    model.eval()
    logits = model(x)
    model.train()
    for hook in hooks:
        hook.remove()
    row = []
    for features in [*kept, kept[-1]]:
        h = features.double()
        means = torch.stack([h[y == c].mean(0) for c in range(CLASSES)])
        within = (h - means[y]).pow(2).sum(1).mean()
        between = (means - means.mean(0)).pow(2).sum(1).mean()
        row.append((within / between).item())
    loss = functional.cross_entropy(logits.double(), y).item()
    return row + [loss, (logits.argmax(1) == y).double().mean().item()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--loader", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    args.work, args.precision = "mlp", "fp32"
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(not args.loader)
    pytorch_side.SAMPLES = SAMPLES
    splits = [(torch.randn(n, 1, 28, 28), torch.arange(n) % CLASSES)
              for n in (SAMPLES, TESTS)]
    for seed in range(args.seeds):
        side = (pytorch_side.Loader(args) if args.loader
                else pytorch_side.Tuned(args, False, False))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(side.sgd, args.steps)
        points = evaluation_steps(args.steps)
        for step in range(args.steps + 1):
            if step in points:
                rows = [measure(side.model, x, y) for x, y in splits]
                print(seed, step, *rows[0], *rows[1], sep=",")
            if step < args.steps:
                side.step()
                schedule.step()


if __name__ == "__main__":
    main()
