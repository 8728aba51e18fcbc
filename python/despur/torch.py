"""What trains elsewhere: despur's samplers and GroupDRO's loss for PyTorch, and features out of any model.

Needs PyTorch, from 1.13 on. What is drawn depends on the seed and the epoch alone.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn
from torch.utils.data import Sampler

from despur._networks import Normalised, network_of
from despur._table import refuse, vector

__all__ = [
    "GroupBalancedSampler",
    "GroupDROLoss",
    "JTTSampler",
    "SPARESampler",
    "apply_head",
    "extract",
    "from_run",
    "head_of",
    "with_head",
]


def _codes(values: ArrayLike, what: str) -> NDArray[np.int64]:
    array = vector(values, what)
    if array.dtype.kind not in "biu" or array.min() < 0:
        raise refuse(f"{what}: expected whole numbers from 0 on, found {array.dtype}")
    return array.astype(np.int64)


# ---- samplers ----


class _Drawn(Sampler):
    """Draws examples with replacement, each with a probability of its own."""

    def __init__(self, probabilities: NDArray[np.float64], num_samples: int | None, seed: int) -> None:
        self.probabilities = probabilities
        self.num_samples = len(probabilities) if num_samples is None else num_samples
        self.seed = seed
        self.epoch = 0
        self._ends = np.cumsum(probabilities / probabilities.sum())
        self._ends[-1] = 1

    def set_epoch(self, epoch: int) -> None:
        """Says which epoch comes next; else epochs are counted as they are begun."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        random = np.random.Generator(np.random.Philox([self.seed, self.epoch]))
        self.epoch += 1
        drawn = np.searchsorted(self._ends, random.random(self.num_samples), side="right")
        return iter(drawn.tolist())


class GroupBalancedSampler(_Drawn):
    """Every group is drawn equally often.

    Parameters
    ----------
    groups : array-like of shape (n,)
        Of each training example, from 0 on.
    num_samples : int, optional
        Of an epoch; else as many as there are examples.
    seed : int
    """

    def __init__(self, groups: ArrayLike, num_samples: int | None = None, *, seed: int = 0) -> None:
        codes = _codes(groups, "groups")
        super().__init__(1 / np.bincount(codes)[codes], num_samples, seed)


class SPARESampler(_Drawn):
    """Every class is drawn equally often, and within a class small groups more often than they occur.

    Parameters
    ----------
    groups, labels : array-like of shape (n,)
        Groups lie within one label each, as `despur.groups.SPARE` finds them.
    power : float
        1 draws the groups of a class equally often; 0 as they occur.
    num_samples, seed
        As for `GroupBalancedSampler`.

    References
    ----------
    Yang et al., 2024. "Identifying spurious biases early in training through the lens of simplicity bias".
    """

    def __init__(
        self, groups: ArrayLike, labels: ArrayLike, power: float = 1.0, num_samples: int | None = None, *, seed: int = 0
    ) -> None:
        codes, classes = _codes(groups, "groups"), _codes(labels, "labels")
        if len(codes) != len(classes):
            raise refuse(f"labels: expected {len(codes)} rows, as groups has, found {len(classes)}")
        mass = np.bincount(codes)[codes] ** -float(power)
        super().__init__(mass / np.bincount(classes, mass)[classes], num_samples, seed)


class JTTSampler(Sampler):
    """Every example once, and those that a first model got wrong several times, shuffled.

    Parameters
    ----------
    wrong : array-like of bool, shape (n,)
    repeats : int
        How often a wrong example comes.
    seed : int

    References
    ----------
    Liu et al., 2021. "Just train twice". arXiv 2107.09044.
    """

    def __init__(self, wrong: ArrayLike, repeats: int = 20, *, seed: int = 0) -> None:
        if repeats < 1:
            raise refuse(f"repeats: expected at least 1, found {repeats}")
        marked = vector(wrong, "wrong").astype(bool)
        self._list = np.repeat(np.arange(len(marked)), np.where(marked, repeats, 1))
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[int]:
        random = np.random.Generator(np.random.Philox([self.seed, self.epoch]))
        self.epoch += 1
        return iter(random.permutation(self._list).tolist())


# ---- GroupDRO ----


class GroupDROLoss(nn.Module):
    """A weight for each group that grows with its loss; the weights are part of ``state_dict``.

    ``q_g <- q_g exp(eta (L_g + C / sqrt(n_g)))``, divided by their sum; the loss is the sum of ``q_g L_g``.
    L_g is the mean loss of the batch's examples of group g; a group without examples in the batch only loses
    weight to the others. In evaluation mode the weights stay as they are.

    Parameters
    ----------
    group_sizes : sequence of int
        Training examples of each group.
    eta : float
    adjustment : float
        C, which moves the weights and is no part of the loss.

    Attributes
    ----------
    q : tensor of float64, shape (groups,)

    References
    ----------
    Sagawa et al., 2020. "Distributionally robust neural networks for group shifts", algorithm 1. arXiv 1911.08731.

    Examples
    --------
    >>> import torch
    >>> from despur.torch import GroupDROLoss
    >>> loss = GroupDROLoss([90, 10])
    >>> losses = torch.tensor([0.1, 0.2, 1.5])          # cross_entropy(..., reduction="none")
    >>> float(loss(losses, torch.tensor([0, 0, 1]))) > float(losses.mean())
    True
    """

    def __init__(self, group_sizes: Sequence[int], eta: float = 0.01, adjustment: float = 0.0) -> None:
        super().__init__()
        sizes = torch.as_tensor(np.asarray(group_sizes, np.float64))
        if sizes.ndim != 1 or not bool((sizes >= 0).all()) or not bool((sizes > 0).any()):
            raise refuse("group_sizes: expected the number of training examples of each group")
        self.eta = eta
        present = (sizes > 0).to(torch.float64)
        self.register_buffer("q", present / present.sum())
        self.register_buffer("_adjustments", torch.where(sizes > 0, adjustment / sizes.clamp(min=1).sqrt(), 0 * sizes))

    def forward(self, losses: Any, groups: Any) -> Any:
        """The robust loss of a batch.

        Parameters
        ----------
        losses : tensor of shape (batch,)
            Of each example, not averaged.
        groups : tensor of int64, shape (batch,)
        """
        count = torch.zeros_like(self.q).index_add_(0, groups, torch.ones_like(groups, dtype=self.q.dtype))
        if bool(((self.q == 0) & (count > 0)).any()):
            raise refuse("groups: a batch has examples of a group without training examples")
        sums = torch.zeros_like(self.q).index_add(0, groups, losses.to(self.q.dtype))
        means = sums / count.clamp(min=1)
        if self.training:
            with torch.no_grad():
                raised = torch.where(count > 0, means.detach() + self._adjustments, torch.zeros_like(means))
                self.q *= torch.exp(self.eta * raised)
                self.q /= self.q.sum()
        return (self.q.clone() * means).sum().to(losses.dtype)


# ---- features and heads ----


def _last_linear(model: Any) -> Any:
    layers = [m for m in model.modules() if isinstance(m, nn.Linear)]
    if not layers:
        raise refuse("extract: the model has no linear layer: say layer=")
    return layers[-1]


def extract(
    model: Any, loader: Iterable[Any], layer: Any = None, *, device: Any = None
) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    """What goes into a layer of a model, for all examples of a loader.

    The model stays where and as it is: it is put into evaluation mode for this time only, and not copied.

    Parameters
    ----------
    model : torch.nn.Module
    loader : iterable
        Of batches ``x`` or ``(x, y, ...)``.
    layer : torch.nn.Module or str, optional
        Its input is taken, and flattened; else that of the last linear layer.
    device : optional
        Where batches go; else where the model's parameters are.

    Returns
    -------
    features : ndarray of float32, shape (n, columns)
    labels : ndarray of shape (n,), or None
        The second entries of batches.
    """
    module = model.get_submodule(layer) if isinstance(layer, str) else layer if layer is not None else _last_linear(model)
    if device is None:
        parameter = next(iter(model.parameters()), None)
        device = "cpu" if parameter is None else parameter.device
    caught: list[Any] = []
    features, labels = [], []
    hook = module.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, (tuple, list)) else batch
                caught.clear()
                model(x.to(device))
                if len(caught) != 1:
                    raise refuse(f"extract: the layer was used {len(caught)} times for one batch")
                features.append(caught[0].flatten(1).to("cpu", torch.float32).numpy())
                if isinstance(batch, (tuple, list)) and len(batch) > 1:
                    labels.append(np.asarray(batch[1]))
    finally:
        hook.remove()
        model.train(was_training)
    if not features:
        raise refuse("extract: the loader has no batches")
    return np.concatenate(features), np.concatenate(labels) if labels else None


def head_of(layer: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights [outputs, columns] and biases [outputs] of a linear layer, as arrays."""
    weight = layer.weight.detach().to("cpu", torch.float32).numpy()
    bias = np.zeros(len(weight), np.float32) if layer.bias is None else layer.bias.detach().to("cpu", torch.float32).numpy()
    return weight, bias


def with_head(layer: Any, weight: ArrayLike, bias: ArrayLike) -> Any:
    """A copy of a linear layer with other weights and biases; the layer itself stays as it is."""
    made = copy.deepcopy(layer)
    if made.bias is None:
        made = nn.Linear(layer.in_features, layer.out_features, device=layer.weight.device, dtype=layer.weight.dtype)
    with torch.no_grad():
        made.weight.copy_(torch.as_tensor(np.asarray(weight)))
        made.bias.copy_(torch.as_tensor(np.asarray(bias)))
    return made


def apply_head(layer: Any, features: ArrayLike) -> NDArray[np.float32]:
    """Logits [n, outputs] of features under a linear layer, in single precision."""
    weight, bias = head_of(layer)
    logits: NDArray[np.float32] = np.asarray(features, np.float32) @ weight.T + bias
    return logits


# ---- networks of runs ----

_TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "|u1"}


def _tensors_of(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file: a length, a header of JSON, and bytes."""
    try:
        whole = path.read_bytes()
        length = int.from_bytes(whole[:8], "little")
        header = json.loads(whole[8 : 8 + length])
        found = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            found[name] = np.frombuffer(whole[begin:end], _TYPES[entry["dtype"]]).reshape(entry["shape"])
        return found
    except FileNotFoundError:
        raise refuse(f"{path}: no such file: expected a finished run that trained this network") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refuse(f"{path}: expected a safetensors file: {error}") from None


def _model_section(path: Path) -> dict[str, str]:
    """What a run's configuration says of its model: keys and values, one a line, as despur writes them."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise refuse(f"{path}: no such file: expected the directory of a run") from None
    found, inside = {}, False
    for line in lines:
        if not line.startswith(" "):
            inside = line == "model:"
        elif inside and ": " in line and not line.lstrip().startswith("#"):
            key, _, value = line.strip().partition(": ")
            found[key] = value
    if "arch" not in found:
        raise refuse(f"{path}: expected the configuration of a run, with a model.arch")
    return found


def from_run(directory: str | os.PathLike[str], stage: str = "train") -> Any:
    """The network of a run with its weights, as a module of PyTorch in evaluation mode.

    It takes what the run's network takes: pictures [n, channels, rows, columns] from 0 to 1 (bytes divided by 255),
    which are normalised inside as ``model.mean`` and ``model.std`` say, or rows of features. Logits are despur's up to
    rounding in single precision. Names of tensors are those of ``model.safetensors``.

    Parameters
    ----------
    directory : path
        Of a finished run.
    stage : {"train", "reference"}
        The final network, or the one that groups were inferred from.

    Returns
    -------
    torch.nn.Module
    """
    files = {"train": "model.safetensors", "reference": "reference.safetensors"}
    if stage not in files:
        raise refuse(f"stage: expected train or reference, found {stage!r}")
    said = _model_section(Path(directory, "config.yaml"))
    network = network_of(said["arch"], _tensors_of(Path(directory, files[stage])), float(said.get("dropout", "0")))
    mean, deviation = (np.atleast_1d(json.loads(said.get(key, usual))) for key, usual in (("mean", "0"), ("std", "1")))
    if (mean != 0).any() or (deviation != 1).any():
        network = Normalised(network, mean.tolist(), deviation.tolist())
    return network.eval()
