"""PyTorch's side. Optional: without torch nothing of it runs."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import despur
from despur._networks import EfficientNetLite0, LeNet, Linear, MLP, ResNet, SmallResNet
from despur.torch import (
    GroupBalancedSampler,
    GroupDROLoss,
    JTTSampler,
    SPARESampler,
    apply_head,
    extract,
    from_run,
    head_of,
    with_head,
)

GOLDEN = Path(os.environ.get("DESPUR_GOLDEN", "../shared/golden")) / "groupdro"


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="DESPUR_GOLDEN does not say where golden values are")
@pytest.mark.parametrize("c", [0, 2])
def test_groupdro_equals_golden_values(c):
    sizes, groups, losses = (np.load(GOLDEN / f"{n}.npy") for n in ("group_size", "sample_group", "sample_loss"))
    q, wanted = np.load(GOLDEN / f"q_C{c}.npy"), np.load(GOLDEN / f"loss_C{c}.npy")
    robust = GroupDROLoss(sizes, eta=0.01, adjustment=c)
    for step in range(len(groups)):
        got = robust(torch.tensor(losses[step]), torch.tensor(groups[step]))
        assert float(got) == pytest.approx(wanted[step], rel=1e-12)
        assert robust.q.numpy() == pytest.approx(q[step], rel=1e-12)


def test_groupdro_can_be_saved_and_differentiated():
    robust = GroupDROLoss([90, 10, 0])
    losses = torch.tensor([0.1, 0.2, 1.5], requires_grad=True)
    groups = torch.tensor([0, 0, 1])
    robust(losses, groups).backward()
    q = robust.q
    assert losses.grad.tolist() == pytest.approx([float(q[0]) / 2, float(q[0]) / 2, float(q[1])])
    assert float(q[2]) == 0 and float(q[1]) > 0.5
    again = GroupDROLoss([90, 10, 0])
    again.load_state_dict(robust.state_dict())
    assert torch.equal(again.q, q)
    again.eval()
    again(losses, groups)
    assert torch.equal(again.q, q)
    with pytest.raises(despur.InputError, match="group without training examples"):
        robust(losses, torch.tensor([0, 0, 2]))
    with pytest.raises(despur.InputError, match="group_sizes"):
        GroupDROLoss([0, 0])


def shares(sampler, codes, epochs=20):
    drawn = np.concatenate([list(sampler) for _ in range(epochs)])
    return np.bincount(codes[drawn]) / len(drawn)


def test_samplers_draw_what_they_promise():
    groups = np.repeat([0, 1, 2, 3], [700, 100, 150, 50])
    labels = groups // 2
    assert shares(GroupBalancedSampler(groups), groups) == pytest.approx(0.25, abs=0.02)
    assert shares(SPARESampler(groups, labels), groups) == pytest.approx(0.25, abs=0.02)
    assert shares(SPARESampler(groups, labels, 0), groups) == pytest.approx([7 / 16, 1 / 16, 3 / 8, 1 / 8], abs=0.02)
    wrong = groups == 3
    jtt = JTTSampler(wrong, 5)
    assert len(jtt) == 1000 + 4 * 50 and np.bincount(list(jtt))[wrong].tolist() == [5] * 50
    once = GroupBalancedSampler(groups, 10, seed=3)
    first, second = list(once), list(once)
    once.set_epoch(0)
    assert list(once) == first != second and len(once) == 10
    with pytest.raises(despur.InputError, match="groups: expected whole numbers"):
        GroupBalancedSampler([0.5, 1.0])
    with pytest.raises(despur.InputError, match="labels: expected 1000 rows"):
        SPARESampler(groups, [0, 1])


def test_samplers_go_into_a_loader():
    data = torch.utils.data.TensorDataset(torch.arange(100))
    loader = torch.utils.data.DataLoader(data, batch_size=10, sampler=GroupBalancedSampler(np.arange(100) % 3))
    assert sum(len(batch[0]) for batch in loader) == 100


def test_features_come_out_and_heads_go_in():
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(12, 5), torch.nn.Dropout(0.5), torch.nn.ReLU(), torch.nn.Linear(5, 3)
    )
    x, y = torch.randn(17, 3, 4), torch.arange(17) % 3
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=5)
    features, labels = extract(model, loader)
    assert model.training and features.shape == (17, 5) and labels.tolist() == y.tolist()
    model.eval()
    logits = model(x).detach().numpy()
    assert apply_head(model[-1], features) == pytest.approx(logits, abs=1e-5)
    assert extract(model, [x], "1")[0] == pytest.approx(x.flatten(1).numpy())
    weight, bias = head_of(model[-1])
    changed = with_head(model[-1], 2 * weight, 2 * bias)
    assert apply_head(changed, features) == pytest.approx(2 * logits, abs=1e-5)
    assert head_of(model[-1])[0] == pytest.approx(weight)
    with pytest.raises(despur.InputError, match="no linear layer"):
        extract(torch.nn.ReLU(), [x])
    seen = despur.evaluate(y, torch.tensor(logits).argmax(1), sensitive_features=torch.arange(17) % 2)
    assert seen.count == 17


# ---- networks of runs ----


@pytest.mark.parametrize("arch", ["lenet", "mlp", "linear", "resnet20"])
def test_a_run_becomes_a_module_with_its_logits(arch, tmp_path):
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (96, 3, 28, 28), dtype=np.uint8)
    arrays = {"images": pictures, "labels": np.arange(96) % 3, "splits": np.arange(96) % 3 // 2 * 2}
    arrays["splits"][::7] = 2
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    data = {"source": "npy", **{name: str(tmp_path / f"{name}.npy") for name in arrays}}
    normal = {} if arch == "mlp" else {"mean": [0.1, 0.5, 0.3], "std": [0.5, 0.7, 1.2]}
    keys = {"data": data, "model": {"arch": arch, **normal}, "train": {"method": "erm", "epochs": 2, "batch_size": 16}}
    run = despur.run(keys, directory=tmp_path / "run", progress=False)
    network = from_run(run.directory)
    table = np.loadtxt(tmp_path / "run" / "predictions.csv", delimiter=",", skiprows=1)
    rows = table[:, 0].astype(int)
    with torch.no_grad():
        logits = network(torch.tensor(pictures[rows] / np.float32(255)))
    wanted, got = np.log(table[:, -3:]), logits.double().numpy()
    apart = (got - got[:, :1]) - (wanted - wanted[:, :1])  # what softmax does not see is not in the file
    assert np.abs(apart).max() <= 1e-5 * max(1, np.abs(got).max())
    assert not network.training and (logits.argmax(1).numpy() == table[:, -4]).all()


NETWORKS = {
    "lenet": lambda: LeNet(3, 16 * 6 * 6, 5),
    "mlp": lambda: MLP(3 * 32 * 32, 5, 0.5),
    "linear": lambda: Linear(3 * 32 * 32, 5),
    "resnet20": lambda: SmallResNet(3, 5, 3),
    "resnet56": lambda: SmallResNet(3, 5, 9),
    "resnet18": lambda: ResNet(3, 5, (2, 2, 2, 2), False),
    "resnet34": lambda: ResNet(3, 5, (3, 4, 6, 3), False),
    "resnet50": lambda: ResNet(3, 5, (3, 4, 6, 3), True),
    "efficientnet_lite0": lambda: EfficientNetLite0(3, 5),
}


@pytest.mark.skipif("DESPUR_NETWORK" not in os.environ, reason="DESPUR_NETWORK does not say where the network program is")
@pytest.mark.parametrize("arch", NETWORKS)
def test_every_architecture_gives_the_librarys_logits(arch, tmp_path):
    torch.manual_seed(0)
    module = NETWORKS[arch]()
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            for values, low, high in ((layer.running_mean, -0.1, 0.1), (layer.running_var, 0.5, 2)):
                torch.nn.init.uniform_(values, low, high)
            torch.nn.init.uniform_(layer.weight, 0.5, 1)
    torch.save(module.state_dict(), tmp_path / "weights.pth")
    pictures = torch.randn(3, 3, 32, 32)
    np.save(tmp_path / "images.npy", pictures.numpy())
    files = [str(tmp_path / name) for name in ("weights.pth", "images.npy", "logits.npy", "features.npy")]
    subprocess.run([os.environ["DESPUR_NETWORK"], arch, "5", *files], check=True)
    with torch.no_grad():
        wanted = module.eval()(pictures).numpy()
    got = np.load(tmp_path / "logits.npy")
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(despur.InputError, match="config.yaml: no such file: expected the directory of a run"):
        from_run(tmp_path)
    (tmp_path / "config.yaml").write_text("model:\n  arch: lenet\n")
    with pytest.raises(despur.InputError, match="model.safetensors: no such file"):
        from_run(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(despur.InputError, match="expected a safetensors file"):
        from_run(tmp_path)
    (tmp_path / "config.yaml").write_text("data:\n  arch: lenet\n")
    with pytest.raises(despur.InputError, match="with a model.arch"):
        from_run(tmp_path)
    with pytest.raises(despur.InputError, match="stage: expected train or reference, found 'best'"):
        from_run(tmp_path, "best")
