"""Every snippet of docs/predictions.md writes a table that the command behind it makes a page of."""

import pathlib
import re
import shlex
import types

import numpy as np
import pytest

DOCS = next(
    (p / "predictions.md" for p in (pathlib.Path(__file__).parents[1], pathlib.Path(__file__).parents[2] / "docs")
     if (p / "predictions.md").exists()), None)


def snippets(text):
    """The name before each, the code, and the command behind it."""
    for block in re.finditer(r"^```python\n(.*?)^```\n\n    despur (.*?)$", text, re.DOTALL | re.MULTILINE):
        yield re.findall(r"^\*\*([^*]+)\.\*\*", text[: block.start()], re.MULTILINE)[-1], *block.groups()


SNIPPETS = list(snippets(DOCS.read_text())) if DOCS else []


def people(n=400):
    rng, pandas = np.random.default_rng(0), pytest.importorskip("pandas")
    return pandas.DataFrame({"sex": rng.choice(["Female", "Male"], n), "race": rng.choice(["Black", "White"], n)})


def of_pandas():
    df = people()
    df["income"] = np.random.default_rng(1).choice(["<=50K", ">50K"], len(df))
    df["pred"] = np.where(np.arange(len(df)) % 5 > 0, df.income, "<=50K")
    return {"df": df}


def of_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    who, rng = people(), np.random.default_rng(2)
    y = rng.choice(["no", "yes"], len(who))
    x = np.c_[(y == "yes") + rng.normal(0, 1, len(who)), who.sex == "Male"]
    return {"model": linear_model.LogisticRegression().fit(x, y), "X_test": x, "y_test": y, "people": who}


def of_pytorch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    x, y = torch.randn(300, 3), torch.arange(300) % 2
    x[:, 0] += 2 * y
    network = torch.nn.Linear(3, 2)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[-1.0, 0, 0], [1.0, 0, 0]]))
    places = [["land", "water"][k // 2 % 2] for k in range(300)]
    return {"network": network, "loader": [(x[k:k + 50], y[k:k + 50], places[k:k + 50]) for k in range(0, 300, 50)]}


def comments_of(n, rng):
    return {"male": rng.random(n).round(2), "female": rng.random(n).round(2), "author": rng.integers(0, 60, n)}


def of_hugging_face():
    """A Trainer where transformers is there, with a small network that nothing is downloaded for."""
    pytest.importorskip("pandas")
    try:
        return real_trainer()
    except ImportError:
        return stand_in()


def real_trainer(n=400):
    """A comment is sixteen words; the word 7 is rude."""
    import datasets
    import torch
    import transformers

    rng = np.random.default_rng(3)
    labels, words = rng.integers(0, 2, n), rng.integers(8, 30, (n, 16))
    words[labels == 1, :4] = 7
    words[::7] = rng.integers(8, 30, (len(words[::7]), 16))
    columns = {"input_ids": words.tolist(), "label": labels, **comments_of(n, rng)}
    comments = datasets.Dataset.from_dict({name: np.asarray(column).tolist() for name, column in columns.items()})
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=30, **size))
    settings = transformers.TrainingArguments("trained", num_train_epochs=8, learning_rate=0.01, report_to=[],
                                              save_strategy="no", disable_tqdm=True)
    trainer = transformers.Trainer(model, settings, train_dataset=comments)
    trainer.train()
    return {"trainer": trainer, "comments": comments}


def stand_in(n=400):
    """What has predict() as transformers.Trainer has it."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, n)
    logits = rng.normal(0, 1, (n, 2)).astype(np.float32)
    logits[np.arange(n), labels] += 1.5
    output = types.SimpleNamespace(predictions=logits, label_ids=labels, metrics={})
    return {"trainer": types.SimpleNamespace(predict=lambda data: output), "comments": comments_of(n, rng)}


NAMES = {"pandas": of_pandas, "scikit-learn": of_scikit_learn, "PyTorch": of_pytorch, "Hugging Face": of_hugging_face}


def test_all_of_them_are_found():
    assert [name for name, _, _ in SNIPPETS] == list(NAMES)


@pytest.mark.parametrize(("name", "code", "command"), SNIPPETS, ids=[s[0] for s in SNIPPETS])
def test_a_snippet_ends_with_a_page(name, code, command, tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, f"predictions.md: {name}", "exec"), NAMES[name]())
    said = tool(*shlex.split(command))
    assert "page: page/report.html" in said
    page = pathlib.Path("page/report.html").read_text()
    assert "this model" in page.lower()
