#!/usr/bin/env python3
"""The pipeline of recipes/george-blog.yaml as SpuCo's own classes carry it out; run by compare.py in SpuCo's environment.

    spuco_pipeline.py MNIST_DIRECTORY

MNIST_DIRECTORY holds the four IDX files. Prints the seconds from start to end, imports included, as the last line.
"""
import gzip
import os
import shutil
import sys
import tempfile
import time

started = time.perf_counter()

import torch
from spuco.datasets import SpuCoMNIST, SpuriousFeatureDifficulty
from spuco.evaluate import Evaluator
from spuco.group_inference import Cluster, ClusterAlg
from spuco.models import model_factory
from spuco.robust_train import ERM, GroupBalanceBatchERM
from spuco.utils import set_seed
import torchvision.transforms as T

CLASSES = [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


def lay_out(source, root):
    """torchvision looks for unpacked files in ROOT/MNIST/raw."""
    raw = os.path.join(root, "MNIST", "raw")
    os.makedirs(raw)
    for name in os.listdir(source):
        if name.endswith("-ubyte.gz"):
            with gzip.open(os.path.join(source, name)) as packed, open(os.path.join(raw, name[:-3]), "wb") as out:
                shutil.copyfileobj(packed, out)
        elif name.endswith("-ubyte"):
            shutil.copy(os.path.join(source, name), raw)


def dataset(root, split, strength):
    made = SpuCoMNIST(root=root, spurious_feature_difficulty=SpuriousFeatureDifficulty.MAGNITUDE_LARGE, classes=CLASSES,
                      spurious_correlation_strength=strength, split=split, transform=T.Compose([]), download=False)
    made.initialize()
    return made


def sgd(model, **more):
    return torch.optim.SGD(model.parameters(), momentum=0.9, nesterov=True, **more)


def evaluate(model, test, weights):
    found = Evaluator(testset=test, group_partition=test.group_partition, group_weights=weights, batch_size=64, model=model)
    found.evaluate()
    return found.worst_group_accuracy


def main(source):
    with tempfile.TemporaryDirectory() as root:
        lay_out(source, root)
        set_seed(0)
        train, test = dataset(root, "train", 0.995), dataset(root, "test", 0)
        model = model_factory("lenet", train[0][0].shape, train.num_classes)
        erm = ERM(model=model, trainset=train, batch_size=64, num_epochs=1, optimizer=sgd(model, lr=0.01))
        erm.train()
        print("ERM:", evaluate(model, test, train.group_weights))
        logits = erm.trainer.get_trainset_outputs()
        groups = Cluster(Z=logits, class_labels=train.labels, cluster_alg=ClusterAlg.KMEANS, num_clusters=2).infer_groups()
        model = model_factory("lenet", train[0][0].shape, train.num_classes)
        GroupBalanceBatchERM(model=model, trainset=train, group_partition=groups, batch_size=64, num_epochs=4,
                             optimizer=sgd(model, lr=0.001, weight_decay=5e-4)).train()
        print("balanced:", evaluate(model, test, train.group_weights))
    print(f"{time.perf_counter() - started:.2f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: spuco_pipeline.py MNIST_DIRECTORY")
    main(sys.argv[1])
