"""Times the SGD step of figure 6's MLP in PyTorch, to set beside step_benchmark.

    python3 pytorch_mlp.py [--loader] [--threads N]

Needs torch 2.15.0. By default a tuned loop: data resident, a permutation per
epoch, fused SGD, gradients set to none, no synchronisation. With --loader the
usual script: TensorDataset and DataLoader, shuffled. Prints milliseconds a step,
the median of three rounds of 200 steps.
"""
import argparse
import statistics
import time

import torch
from torch import nn


def batches(x, y, loader):
    """Yields batches of 128 for ever."""
    if loader:
        data = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(x, y), batch_size=128, shuffle=True,
            drop_last=True)
        while True:
            yield from data
    while True:
        order = torch.randperm(len(x))
        for i in range(len(x) // 128):
            index = order[i * 128:(i + 1) * 128]
            yield x.index_select(0, index), y.index_select(0, index)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--loader", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    x, y = torch.randn(1000, 784), torch.randint(10, (1000,))
    model = nn.Sequential(
        nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(),
        nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    fused = {} if args.loader else {"fused": True}
    sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, **fused)
    loss_of = nn.CrossEntropyLoss()
    source = batches(x, y, args.loader)

    def step():
        inputs, labels = next(source)
        loss = loss_of(model(inputs), labels)
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()

    for _ in range(20):
        step()
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(200):
            step()
        rounds.append((time.perf_counter() - start) / 200 * 1e3)
    print(f"{statistics.median(rounds):.3f} ms a step")


if __name__ == "__main__":
    main()
