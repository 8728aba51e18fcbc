"""despur's networks as modules of PyTorch, with the same names of tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad, relu

from despur._table import refuse


class LeNet(nn.Module):
    def __init__(self, channels: int, flat: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(flat, 120)
        self.fc2 = nn.Linear(120, 84)
        self.classifier = nn.Linear(84, classes)

    def forward(self, x: Any) -> Any:
        x = self.pool(relu(self.conv1(x)))
        x = self.pool(relu(self.conv2(x)))
        return self.classifier(relu(self.fc2(relu(self.fc1(x.flatten(1))))))


class MLP(nn.Module):
    def __init__(self, flat: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(flat, 512)
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(512, 256)
        self.classifier = nn.Linear(256, classes)

    def forward(self, x: Any) -> Any:
        x = self.dropout(relu(self.fc1(x.flatten(1))))
        return self.classifier(relu(self.fc2(x)))


class Linear(nn.Module):
    def __init__(self, flat: int, classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(flat, classes)

    def forward(self, x: Any) -> Any:
        return self.classifier(x.flatten(1))


# ---- residual networks ----


class _Padded(nn.Module):
    """A shortcut without parameters (He et al. 2016, option A): every second place, zeros for new channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = channels // 4

    def forward(self, x: Any) -> Any:
        return pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.before))


class _Block(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut

    def forward(self, x: Any) -> Any:
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(y + (x if self.downsample is None else self.downsample(x)))


class _Bottleneck(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = shortcut

    def forward(self, x: Any) -> Any:
        y = relu(self.bn2(self.conv2(relu(self.bn1(self.conv1(x))))))
        return relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class SmallResNet(nn.Module):
    """He et al. 2016, section 4.2: three stages, shortcuts without parameters."""

    def __init__(self, channels: int, classes: int, blocks: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        width = 16
        for stage in range(3):
            layers = []
            for block in range(blocks):
                out, stride = 16 << stage, 2 if stage > 0 and block == 0 else 1
                layers.append(_Block(width, out, stride, _Padded(out) if stride > 1 else None))
                width = out
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, classes)

    def forward(self, x: Any) -> Any:
        x = relu(self.bn1(self.conv1(x)))
        for stage in range(3):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.linear(x.mean((2, 3)))


class ResNet(nn.Module):
    """He et al. 2016, table 1, with torchvision's names."""

    def __init__(self, channels: int, classes: int, blocks: tuple[int, ...], bottleneck: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        width, kind, expansion = 64, _Bottleneck if bottleneck else _Block, 4 if bottleneck else 1
        for stage, count in enumerate(blocks):
            layers: list[nn.Module] = []
            for block in range(count):
                out, stride = 64 << stage, 2 if stage > 0 and block == 0 else 1
                shortcut = None
                if stride > 1 or width != expansion * out:
                    conv = nn.Conv2d(width, expansion * out, 1, stride, bias=False)
                    shortcut = nn.Sequential(conv, nn.BatchNorm2d(expansion * out))
                layers.append(kind(width, out, stride, shortcut))
                width = expansion * out
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(relu(self.bn1(self.conv1(x))))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3)))


# ---- EfficientNet-Lite0 ----


class _Same(nn.Conv2d):
    """TensorFlow's "same": with stride 2 and an even size there is one zero more behind."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups)
        self.before, self.behind = (kernel - stride) // 2 if kernel > 1 else 0, stride - 1 if kernel > 1 else 0

    def forward(self, x: Any) -> Any:
        size = (self.before, self.before + self.behind)
        return super().forward(pad(x, size + size))


class _Mobile(nn.Module):
    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int, adds: bool) -> None:
        super().__init__()
        wide = expansion * channels
        self.expand = _Same(channels, wide, 1) if expansion > 1 else None
        self.depthwise = _Same(wide, wide, kernel, stride, groups=wide)
        self.project = _Same(wide, out, 1)
        self.adds = adds

    def forward(self, x: Any) -> Any:
        y = x if self.expand is None else self.expand(x).clamp(0, 6)
        y = self.project(self.depthwise(y).clamp(0, 6))
        return x + y if self.adds else y


class EfficientNetLite0(nn.Module):
    """Tan and Le 2019, the Lite variant, with batch norm folded into the convolutions."""

    STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
              (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))  # fmt: skip

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = _Same(channels, 32, 3, 2)
        width, number = 32, 0
        for count, kernel, stride, expansion, out in self.STAGES:
            for i in range(count):
                block = _Mobile(width, out, kernel, stride if i == 0 else 1, expansion, i > 0)
                self.add_module(f"block{number}", block)
                width, number = out, number + 1
        self.blocks = number
        self.head = _Same(width, 1280, 1)
        self.fc = nn.Linear(1280, classes)

    def forward(self, x: Any) -> Any:
        x = self.stem(x).clamp(0, 6)
        for number in range(self.blocks):
            x = getattr(self, f"block{number}")(x)
        return self.fc(self.head(x).clamp(0, 6).mean((2, 3)))


# ---- any ----


class Normalised(nn.Module):
    """A network that sees (x - mean) / deviation of each channel."""

    def __init__(self, network: nn.Module, mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).reshape(-1, 1, 1))

    def forward(self, x: Any) -> Any:
        return self.network((x - self.mean) / self.deviation)


_RESNETS = {"resnet18": ((2, 2, 2, 2), False), "resnet34": ((3, 4, 6, 3), False), "resnet50": ((3, 4, 6, 3), True)}


def network_of(arch: str, tensors: Mapping[str, Any], dropout: float = 0.0) -> nn.Module:
    """The module of an architecture with these tensors, whose shapes say the rest."""
    made: nn.Module
    if arch == "lenet":
        made = LeNet(tensors["conv1.weight"].shape[1], tensors["fc1.weight"].shape[1], len(tensors["classifier.bias"]))
    elif arch == "mlp":
        made = MLP(tensors["fc1.weight"].shape[1], len(tensors["classifier.bias"]), dropout)
    elif arch == "linear":
        made = Linear(tensors["classifier.weight"].shape[1], len(tensors["classifier.bias"]))
    elif arch in ("resnet20", "resnet56"):
        blocks = (int(arch.removeprefix("resnet")) - 2) // 6
        made = SmallResNet(tensors["conv1.weight"].shape[1], len(tensors["linear.bias"]), blocks)
    elif arch in _RESNETS:
        made = ResNet(tensors["conv1.weight"].shape[1], len(tensors["fc.bias"]), *_RESNETS[arch])
    elif arch == "efficientnet_lite0":
        made = EfficientNetLite0(tensors["stem.weight"].shape[1], len(tensors["fc.bias"]))
    else:
        raise refuse(f"there is no module for the architecture {arch!r}")
    given = {name: torch.tensor(array) for name, array in tensors.items()}
    found = made.load_state_dict(given, strict=False)
    missing = [name for name in found.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or found.unexpected_keys:
        odd = (missing or list(found.unexpected_keys))[0]
        raise refuse(f"the weights are not those of {arch}: tensor {odd!r}")
    return made
