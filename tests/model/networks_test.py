#!/usr/bin/env python3
"""Usage: networks_test.py torchvision|onnxruntime NETWORK [SHARED]: networks of despur's own against those whose names of tensors they
have, with the same weights. Skipped (exit 77) where this Python, or SHARED, has not what is needed.

torchvision: resnet18, resnet34 and resnet50 with random weights and running averages, saved by torch.save. onnxruntime:
SHARED/models/efficientnet-lite0.onnx, from whose initializers efficientnet_lite0 takes its weights. Differences are relative to the
largest value."""
import os
import subprocess
import sys
import tempfile

NETWORK = os.path.abspath(sys.argv[2])


def run(arch, classes, weights):
    import numpy as np
    subprocess.run([NETWORK, arch, str(classes), weights, "images.npy", "logits.npy", "features.npy"], check=True)
    return np.load("logits.npy"), np.load("features.npy")


def compare(name, got, wanted, most):
    import numpy as np
    difference = np.abs(got - wanted).max() / np.abs(wanted).max()
    print(f"figure: {name}: {difference:.2g}")
    if not difference <= most:
        sys.exit(f"{name}: differs by {difference:.2g}, expected at most {most}")


def check_torchvision():
    try:
        import numpy as np
        import torch
        import torchvision
    except ImportError:
        sys.exit(77)
    torch.manual_seed(0)
    for arch in "resnet18", "resnet34", "resnet50":
        net = getattr(torchvision.models, arch)(weights=None, num_classes=10)
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.running_mean, -0.1, 0.1), torch.nn.init.uniform_(module.running_var, 0.5, 2)
                torch.nn.init.uniform_(module.weight, 0.5, 1), torch.nn.init.uniform_(module.bias, -0.1, 0.1)
        images = torch.randn(5, 3, 65, 48)
        np.save("images.npy", images.numpy())
        with torch.no_grad():
            wanted = net.eval()(images).numpy()
        torch.save(net.state_dict(), "weights.pth", _use_new_zipfile_serialization=arch != "resnet34")
        compare(arch, run(arch, 10, "weights.pth")[0], wanted, 1e-5)
        torch.save({"module." + k: v for k, v in net.state_dict().items()}, "weights.pth")
        said = subprocess.run([NETWORK, arch, "4", "weights.pth", "images.npy", "l.npy", "f.npy"], capture_output=True, text=True)
        assert said.returncode == 0 and "no layer like the last one, 'fc.weight' [4, " in said.stderr, said
    said = subprocess.run([NETWORK, "resnet18", "10", "weights.pth", "images.npy", "l.npy", "f.npy"], capture_output=True, text=True)
    assert said.returncode == 3 and "not the weights of this network: of other shapes are 'layer1.0.conv1.weight'" in said.stderr, said


def check_onnxruntime(shared):
    model = os.path.join(shared, "models", "efficientnet-lite0.onnx")
    try:
        import numpy as np
        import onnxruntime
    except ImportError:
        sys.exit(77)
    if not os.path.exists(model):
        sys.exit(77)
    images = np.random.default_rng(0).normal(size=(3, 3, 224, 224)).astype("f4")
    np.save("images.npy", images)
    features, logits = onnxruntime.InferenceSession(model).run(["features", "logits"], {"image": images})
    got = run("efficientnet_lite0", 1000, model)
    compare("features of efficientnet_lite0", got[1], features, 1e-4)
    compare("logits of efficientnet_lite0", got[0], logits, 1e-4)


shared = [os.path.abspath(path) for path in sys.argv[3:]]
with tempfile.TemporaryDirectory() as room:
    os.chdir(room)
    {"torchvision": check_torchvision, "onnxruntime": check_onnxruntime}[sys.argv[1]](*shared)
