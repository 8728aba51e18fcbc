#!/usr/bin/env python3
"""ResNet-20 from random weights on CIFAR-10, by despur and by PyTorch: how far does each get in the same processor time?

usage: bench/hour.py DESPUR CIFAR [--epochs N] [--threads N]     (NumPy, Pillow, PyTorch)

CIFAR is a folder or a zip file with train/CLASS/x.jpg and test/CLASS/x.jpg. The last tenth of every class's training pictures is for validation and
not used. despur trains for the given number of epochs (80 take two cores of an Emerald Rapids about an hour, 130 those of a Zen 5); its processor time, with reading and evaluating,
is what PyTorch then has for training alone. Both train as He et al. (2016) do: batches of 128, a momentum of 0.9, a weight decay of 1e-4, pictures
mirrored and shifted by up to four pixels; the learning rate falls from 0.1 to 0 as a cosine, with the time that is left. PyTorch is a lean loop
over bytes in memory, in the quicker of its two layouts. Accuracies are on test, after the last step.
"""
import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import own_kernels  # noqa: F401  (first)
import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from networks import ResNet

BATCH, RATE, MOMENTUM, DECAY, PAD = 128, 0.1, 0.9, 1e-4, 4
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RECIPE = Path(__file__).parent.parent / "recipes" / "erm.yaml"
HELD_OUT = 10  # one in so many of a class is for validation
WARM_UP = 10  # processor seconds in which layouts are compared


def unpack(source, room):
    """A folder with train, val and test."""
    if Path(source).is_file():
        with zipfile.ZipFile(source) as archive:
            archive.extractall(room / "all")
        source = room / "all"
    folder = room / "pictures"
    for split in ("train", "test"):
        for of_class in sorted((Path(source) / split).iterdir()):
            files = sorted(of_class.iterdir())
            first_held_out = len(files) - len(files) // HELD_OUT if split == "train" else len(files)
            for i, file in enumerate(files):
                into = folder / (split if i < first_held_out else "val") / of_class.name
                into.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, into / file.name)
    return folder


def read(folder):
    classes = sorted(p.name for p in folder.iterdir())
    files = [(file, y) for y, name in enumerate(classes) for file in sorted((folder / name).iterdir())]
    images = np.stack([np.asarray(Image.open(file).convert("RGB")) for file, _ in files])
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.tensor([y for _, y in files])


class Torch:
    def __init__(self, folder, threads):
        torch.set_num_threads(threads)
        self.train, self.test = read(folder / "train"), read(folder / "test")
        self.mean = 255 * torch.tensor(MEAN).view(1, 3, 1, 1)
        self.std = 255 * torch.tensor(STD).view(1, 3, 1, 1)

    def normal(self, bytes_):
        return bytes_.float().sub_(self.mean).div_(self.std)

    def changed(self, bytes_):
        """Mirrored with probability one half, and shifted; what comes in from outside is black."""
        x = functional.pad(bytes_, [PAD] * 4)
        count, side = len(x), bytes_.shape[-1]
        at = torch.randint(2 * PAD + 1, (2, count, 1))
        rows, columns = (at[k] + torch.arange(side) for k in range(2))
        columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
        which = torch.arange(count).view(-1, 1, 1, 1)
        return self.normal(x[which, torch.arange(3).view(1, 3, 1, 1), rows.view(count, 1, side, 1), columns.view(count, 1, 1, side)])

    def fit(self, seconds, layout):
        """(network, epochs that fitted into the processor time)"""
        torch.manual_seed(1)
        net = ResNet("resnet20").to(memory_format=layout)
        for parameter in net.parameters():
            if parameter.dim() == 4:
                torch.nn.init.kaiming_normal_(parameter, mode="fan_out")
        images, labels = self.train
        sgd = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY, fused=True)
        begun, seen = time.process_time(), 0
        while True:
            for rows in torch.randperm(len(labels)).split(BATCH):
                left = 1 - (time.process_time() - begun) / seconds
                if left <= 0:
                    return net, seen / len(labels)
                sgd.param_groups[0]["lr"] = RATE * (1 - math.cos(math.pi * left)) / 2
                x = self.changed(images[rows]).to(memory_format=layout)
                sgd.zero_grad(set_to_none=True)
                functional.cross_entropy(net(x), labels[rows]).backward()
                sgd.step()
                seen += len(rows)

    def fit_quicker(self, seconds):
        layouts = (torch.contiguous_format, torch.channels_last)
        self.layout = max(layouts, key=lambda layout: self.fit(WARM_UP, layout)[1])
        return self.fit(seconds, self.layout)

    def accuracy(self, net):
        net.eval()
        with torch.no_grad():
            right = [net(self.normal(x).to(memory_format=self.layout)).argmax(1) == y for x, y in zip(*(t.split(500) for t in self.test))]
        return torch.cat(right).float().mean().item()


def train_despur(tool, folder, out, epochs, threads):
    """(accuracy on test, processor seconds of the whole run)"""
    settings = [
        f"data={{source: pictures, folder: {folder}, size: 32, augment: {{flip: true, crop: padded, pad: {PAD}}}}}",
        f"model={{arch: resnet20, mean: {list(MEAN)}, std: {list(STD)}}}",
        f"train={{method: erm, epochs: {epochs}, batch_size: {BATCH}, optimizer: {{name: sgd, lr: {RATE}, momentum: {MOMENTUM},"
        f" nesterov: false, weight_decay: {DECAY}}}, schedule: {{name: cosine, final: 0}}}}",
        "select.rule=last",
    ]
    command = [tool, "run", str(RECIPE), *settings, "--threads", str(threads), "--out", str(out), "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [json.loads(line) for line in open(out / "results.jsonl")]
    return next(row for row in reversed(rows) if row.get("split") == "test")["average_accuracy"], used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("despur")
    parser.add_argument("cifar")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        folder = unpack(arguments.cifar, Path(room))
        right, seconds = train_despur(os.path.abspath(arguments.despur), folder, Path(room) / "run", arguments.epochs, arguments.threads)
        print(f"despur: {arguments.epochs} epochs in {seconds / 60:.1f} minutes of processor time, {100 * right:.2f} % right on test", flush=True)
        peer = Torch(folder, arguments.threads)
        net, epochs = peer.fit_quicker(seconds)
        print(f"PyTorch {torch.__version__}: {epochs:.1f} epochs in the same time, {100 * peer.accuracy(net):.2f} % right on test")


if __name__ == "__main__":
    main()
