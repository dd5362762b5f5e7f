"""A network and pictures of PyTorch, measured by nclab and by NumPy.

    from_pytorch_test.py EXTRACT MEASURE

torchvision's ResNet18 is trained for a few steps on an ImageFolder of PNG and JPEG
files. nclab reads the same folder and the network by TorchScript, scripted and
traced, and its state dict; logits and features must be PyTorch's, and every number
of measure that of metrics/features/reference.py on PyTorch's features. Prints the
errors; fails if one is too large.
"""
import json
import os
import subprocess
import sys

import numpy as np
import reference
import torch
import torchvision
from PIL import Image
from safetensors.numpy import load_file
from torch.nn import functional

CLASSES, PER_CLASS, STEPS, BATCH = 4, 25, 8, 20
TENSORS, METRICS = 1e-5, 1e-4  # what is allowed, relative


def write_pictures(directory):
    random = np.random.default_rng(0)
    for split in "train", "test":
        for c in range(CLASSES):
            folder = f"{directory}/{split}/class{c}"
            os.makedirs(folder)
            for i in range(PER_CLASS):
                picture = random.integers(0, 156, (32, 32, 3)) + 25 * c
                name = f"{folder}/{i}" + (".png" if i % 2 else ".jpg")
                Image.fromarray(picture.astype(np.uint8)).save(name, **({} if i % 2 else {"quality": 95}))


def load(directory, split):
    transform = torchvision.transforms.ToTensor()
    samples = torchvision.datasets.ImageFolder(f"{directory}/{split}", transform)
    return torch.stack([x for x, _ in samples]), torch.tensor([y for _, y in samples])


def train(x, y):
    model = torchvision.models.resnet18(num_classes=CLASSES)
    sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for step in range(STEPS):
        batch = torch.randperm(len(y))[:BATCH]
        loss = functional.cross_entropy(model(x[batch]), y[batch])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    return model


def forward(model, x):
    """Returns logits and what goes into the last Linear, in eval mode."""
    kept = []
    hook = model.fc.register_forward_hook(lambda module, inputs, output: kept.append(inputs[0]))
    with torch.no_grad():
        logits = model.eval()(x)
    hook.remove()
    return {"logits": logits.numpy(), "features": kept[0].numpy()}


def relative(a, b):
    return np.abs(a - b).max() / np.abs(b).max()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command} exits {done.returncode}:\n{done.stderr}")
    return done.stdout


def main():
    extract, measure = sys.argv[1:]
    torch.manual_seed(0)
    pictures = os.path.abspath("pictures")
    write_pictures(pictures)
    model = train(*load(pictures, "train"))
    x, y = load(pictures, "test")
    expected = dict(forward(model, x), labels=y.numpy(), weight=model.fc.weight.detach().numpy(),
                    bias=model.fc.bias.detach().numpy())
    torch.jit.script(model).save("scripted.pt")
    torch.jit.trace(model, x[:2]).save("traced.pt")
    torch.save(model.state_dict(), "weights.pth")
    numbers = reference.measure(expected)
    failed = False
    for title, flags in (("scripted", ["--model=torchscript(file=scripted.pt)"]),
                         ("traced", ["--model=torchscript(file=traced.pt)"]),
                         ("state dict", ["--model=resnet18", "--weights=weights.pth"])):
        run(extract, *flags, f"--dataset=images(dir={pictures},normalize=zero_to_one)", "--layers=features",
            "--output=out.safetensors")
        out = load_file("out.safetensors")
        errors = {name: relative(out[name], expected[name]) for name in ("logits", "features")}
        assert np.array_equal(out["labels"], expected["labels"])
        rows = json.loads(run(measure, "--features=out.safetensors", "--json"))["metrics"]
        ours = {(row["metric"], row["anchor"], row["layer"]): row["value"] for row in rows}
        missing = set(numbers) - set(ours)
        worst = max((abs(ours[key] - value) / max(abs(value), 1e-6), key)
                    for key, value in numbers.items() if key in ours)
        print(f"{title}: logits {errors['logits']:.1e}, features {errors['features']:.1e} ({TENSORS:.0e} allowed); "
              f"{len(numbers)} numbers, the worst {worst[1][0]} {worst[0]:.1e} ({METRICS:.0e} allowed)", flush=True)
        failed |= max(errors.values()) > TENSORS or worst[0] > METRICS or bool(missing)
        if missing:
            print(f"measure lacks {missing}")
    # The comparison sees another network.
    with torch.no_grad():
        model.fc.weight[0, 0] += 0.1
    failed |= relative(forward(model, x)["logits"], expected["logits"]) < TENSORS
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
