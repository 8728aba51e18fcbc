"""Whatever the tool can be asked, Python can be asked: an option that is new there fails here until it has a word."""

import inspect
import re

import numpy as np
import pytest

import despur


class Because(str):
    """Why an option has no word here."""


# what a result does in place of an option
SHOWN = {"json": "to_dict", "out": "save", "force": "save.force"}
THREADS = {"threads": "(threads)", "seed": "(seed)"}

EVERY_COLUMN = {
    "label": "(y_true)", "prediction": "(y_pred)", "score": "(y_prob)", "probabilities": "(y_prob)", "positive": "(positive)",
    "threshold": "(threshold)", "by": "(sensitive_features) (cut)", "overlapping": "(overlapping)", "at": "(at)",
    "min-count": "(min_count)", "whole-groups": "(whole_groups)", "with-missing": "(with_missing)", "id": "(ids)",
    "unit": "(units)", "weight": "(weights)",
    "split": Because("rows are chosen by whoever has them in memory"),
    "separator": Because("of files alone"), "comment": Because("of files alone"),
}  # fmt: skip
EVERY_FILE_COLUMN = {
    name: f"({name.replace('-', '_')})" for name in [*EVERY_COLUMN]
}  # fmt: skip
EMBEDDING = {name: f"({name.replace('-', '_')})" for name in ("layer", "preprocess", "filter", "shorter", "layout", "skip-unreadable")}

# verb: (function, class of its results, option: "(parameter)" of the function, "name" of the result, "method.parameter")
WORDS = {
    "eval": (despur.evaluate, despur.Evaluation, {
        **EVERY_COLUMN, **SHOWN,
        "predictions": Because("arrays are given themselves; evaluate_file takes files"),
        "threads": Because("a table needs none; Run.evaluate takes threads"),
        "calibration-by-group": "to_dict.calibration_by_group save.calibration_by_group",
        "rates": "rates spread",
    }),
    "eval of a file": (despur.evaluate_file, despur.Evaluation, {
        **EVERY_FILE_COLUMN, **SHOWN, "predictions": "(path)",
        "threads": Because("a table needs none; Run.evaluate takes threads"),
        "calibration-by-group": "to_dict.calibration_by_group save.calibration_by_group",
        "rates": "rates spread",
    }),
    "audit": (despur.audit, despur.Audit, {
        **SHOWN, **THREADS, **EMBEDDING,
        "labels": "(y)", "label": "(y)", "splits": "(splits)", "split": "(splits)", "predictions": "(y_pred)",
        "prediction": "(y_pred)", "logits": "(logits)", "attributes": "(attribute)", "attribute": "(attribute)",
        "table": "(metadata)", "by": "(metadata) (cut)", "id": "(ids)", "unit": "(units)", "weight": "(weights)", "model": "(model)",
        "model-predicts": "(model_predicts)", "trained-on": "(trained_on)", "pictures": "(pictures)",
        "finders": "(finders)", "repeats": "(repeats)", "label-some": "(label_some) to_label", "labelled": "(labelled)",
        "penalty": "(penalty)", "folds": "(folds)", "confidence": "(confidence)", "gate": "verdict",
        "force": Because("files of these names are replaced, others stay"),
        **dict.fromkeys(("score", "positive", "threshold", "probabilities"), "(y_pred) (logits)"),
    }),
    "repair": (despur.repair, despur.Repaired, {
        **SHOWN, **THREADS,
        "labels": "(y)", "label": "(y)", "splits": "(splits)", "split": "(splits)", "attributes": "(attributes)",
        "attribute": "(attributes)", "by": "(attributes) (cut)", "table": "(attributes)", "id": "(ids)", "unit": "(units)",
        "weight": "(weights)", "groups": "(groups) (partitions)", "method": "(methods)", "head": "(head)",
        "patch": "save.patch", "dial": "dial", "min-average": "(min_average)", "max-loss": "(max_loss)",
    }),
    "run": (despur.run, despur.Run, {
        **THREADS, "out": "(directory)", "resume": "(resume)", "force": "(force)", "quiet": "(progress)", "json": "to_dict",
        "print-config": Because("despur.config"), "print-network": Because("despur.network"),
    }),
    "infer": (despur.run, despur.Run, {
        **THREADS, "out": "(directory)", "force": "(force)", "quiet": "(progress)", "json": "to_dict", "apply": "assign",
        "print-config": Because("despur.config"),
    }),
    "sweep": (despur.sweep, despur.Sweep, {
        "out": "(directory)", "jobs": "(jobs)", "threads": "(threads)", "json": "to_dict", "quiet": "(progress)",
        "dry-run": Because("a list of commands, for shells"),
    }),
    "cam": (despur.cam, despur.Cam, {
        **THREADS, "examples": "(examples)", "per-group": "(per_group)", "split": "(split)", "target": "(target)",
        "layer": "(layer)", "stage": "(stage)", "scale": "(scale)", "out": "(out)", "json": "to_dict", "masks": "(masks)",
        "subtract-minimum": "(subtract_minimum)", "force": Because("files of these names are replaced, others stay"),
    }),
    "features": (despur.features, despur.Features, {
        **EMBEDDING, "threads": "(threads)", "out": "(out)", "logits": "(logits)", "maps": "(maps)", "quiet": "(progress)",
        "list": Because("despur.layers"), "force": Because("out= is a new directory"),
    }),
    "compare": (despur.compare, despur.Comparison, {
        "same-order": Because("rows in memory are in order"), "confidence": "(confidence)", "json": "to_dict",
        **dict.fromkeys(EVERY_COLUMN, Because("evaluations have been given theirs")),
    }),
    "check": (despur.check, despur.Check, {
        **{n: f"({n.replace('-', '_')})" for n in ("min-worst-group", "min-average", "max-gap", "min-rate", "max-rate",
                                                   "max-difference", "min-ratio", "no-worse-than", "margin", "confidence")},
        "same-order": Because("rows in memory are in order"), "json": "to_dict", "junit": "save", "markdown": "save",
        "force": Because("save replaces a file"),
        **dict.fromkeys(EVERY_COLUMN, Because("evaluations have been given theirs")),
    }),
    "plan": (despur.plan, despur.Plan, {
        **{n: f"({n})" for n in ("accuracy", "difference", "power", "confidence", "disagree", "groups")}, "json": "to_dict",
    }),
}  # fmt: skip


def options_of(text):
    return set(re.findall(r"^ +--([a-z][a-z-]*)", text.partition("Options:")[2] or text, re.MULTILINE))


def has_word(function, result, word):
    if word.startswith("("):
        return word[1:-1] in inspect.signature(function).parameters
    name, _, parameter = word.partition(".")
    found = inspect.getattr_static(result, name, None)
    return found is not None and (not parameter or parameter in inspect.signature(getattr(result, name)).parameters)


@pytest.mark.parametrize("verb", WORDS)
def test_every_option_of_the_tool_has_a_word(verb, tool):
    function, result, words = WORDS[verb]
    options = options_of(tool("help", verb.partition(" ")[0]))
    assert len(options) > 5
    missing = sorted(options - set(words) - {"help"})
    assert not missing, f"despur {verb} takes these, and {function.__name__} nothing like them: {missing}"
    gone = sorted({name for name, word in words.items() if not isinstance(word, Because)} - options - {"seed", "threads", *SHOWN})
    assert not gone, f"despur {verb} has no such options any longer: {gone}"
    for option, word in words.items():
        if option in options and not isinstance(word, Because):
            for one in word.split():
                assert has_word(function, result, one), f"--{option} of despur {verb}: there is no {one}"


def test_every_finder_method_and_preprocessing_is_named():
    """Where they are explained; the library says which there are."""
    finders = re.findall(r"some of ([a-z_,]+), or all", refusal(lambda: despur.audit(np.eye(60), [0, 1] * 30, finders="none")))[0]
    assert all(re.search(rf"\b{name}\b", despur.audit.__doc__) for name in finders.split(","))
    assert {"environments", "clusters"} < set(finders.split(","))
    assert all(re.search(rf"\b{name}\b", despur.repair.__doc__) for name in despur._core.last_layers)
    assert "dpe" in despur._core.last_layers
    assert all(f'"{name}"' in despur.features.__doc__ for name in despur._core.preprocessings)


def refusal(call):
    with pytest.raises(despur.InputError) as caught:
        call()
    return str(caught.value)


def test_a_word_that_is_not_there_is_noticed():
    assert has_word(despur.audit, despur.Audit, "(repeats)") and has_word(despur.audit, despur.Audit, "to_label")
    assert not has_word(despur.audit, despur.Audit, "(repetitions)") and not has_word(despur.audit, despur.Audit, "labels")
    assert not has_word(despur.repair, despur.Repaired, "save.patches")
