"""Parses the arguments, runs one command and turns errors into messages and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from nnstudio.cli.codes import DONE, FAILED, INTERRUPTED, LAST, WRONG_INPUT, WorkFailed
from nnstudio.cli.output import complain, say
from nnstudio.errors import Cancelled, NNStudioError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: The arguments behind the program's name; ``sys.argv`` by default.

    Returns:
        0 done, 1 the work failed, 2 the input is wrong, 130 interrupted.
    """
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as stop:  # argparse's way to end after --help or a wrong argument
        return int(stop.code or 0)
    try:
        code = int(arguments.run(arguments) or DONE)
        sys.stdout.flush()  # here, so that a full disk or a closed pipe is noticed
    except (KeyboardInterrupt, Cancelled):
        say("interrupted")
        return INTERRUPTED
    except WorkFailed as error:
        complain(error)
        return FAILED
    except NNStudioError as error:
        complain(error)
        return WRONG_INPUT
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        return FAILED
    except MemoryError:
        complain("there is not enough memory; use a smaller batch or less data")
        return FAILED
    except OSError as error:
        complain(f"the system refused: {error}")
        return FAILED
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One ``error:`` line that names the help, and exit code 2."""
        complain(f"{message}; fix: see '{self.prog} --help'")
        raise SystemExit(WRONG_INPUT)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from nnstudio import __version__

    parser = _Parser(prog="nnstudio", description="Build, train and understand neural networks.")
    parser.add_argument("--version", action="version", version=f"nnstudio {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_sweep(commands)
    _add_evaluate(commands)
    _add_predict(commands)
    _add_small(commands)
    _add_data(commands)
    _add_bench(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse gives this type no public name


def _command(commands: Commands[_Parser], name: str, module: str, help: str) -> argparse.ArgumentParser:
    """A subcommand whose module is imported when it runs, with ``--json``."""
    parser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")

    def run(arguments: argparse.Namespace) -> int:
        import importlib

        return int(importlib.import_module(f"nnstudio.cli.{module}").run(arguments) or DONE)

    parser.set_defaults(run=run)
    return parser


def _add_train(commands: Commands[_Parser]) -> None:
    train = _command(commands, "train", "train", "train a network")
    train.add_argument("spec", metavar="SPEC", help="a preset, a project, a network (.json) or a run folder")
    _add_recipe(train)
    train.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto", help="where to compute")
    train.add_argument("--out", metavar="DIR", help="folder of the run")
    train.add_argument("--resume", action="store_true", help="go on with the run in the folder SPEC")
    train.add_argument(
        "--fork",
        nargs="?",
        type=int,
        const=LAST,
        metavar="EPOCH",
        help="a new run from the run in the folder SPEC, from its last state or from a kept checkpoint",
    )
    _add_set(train)


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="NAME or PATH", help="data set to train on")
    parser.add_argument("--fraction", type=float, help="share of the samples to use")
    parser.add_argument("--validation", type=float, help="share of the training samples held back")
    parser.add_argument("--epochs", type=int, help="passes over the training samples")
    parser.add_argument("--batch-size", type=int, help="samples per step")
    parser.add_argument("--lr", type=float, help="learning rate")
    parser.add_argument("--optimizer", help="SGD, Momentum, Nesterov, RMSProp, Adagrad, Adam or AdamW")
    parser.add_argument("--seed", type=int, help="seed of weights, order and dropout")


def _add_sweep(commands: Commands[_Parser]) -> None:
    sweep = _command(commands, "sweep", "sweep", "train with many combinations of settings")
    sweep.add_argument(
        "spec", metavar="SPEC", help="a preset, a project, a network (.json) or a sweep's folder"
    )
    sweep.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="PATH=VALUES",
        help="values a,b,c or a range lo..hi, lo..hi:log, lo..hi:step, such as "
        "train.learning_rate=1e-4..1e-1:log",
    )
    sweep.add_argument("--strategy", choices=["grid", "random", "tpe"], help="how combinations are chosen")
    sweep.add_argument("--trials", type=int, help="combinations that random and tpe try")
    sweep.add_argument("--repeats", type=int, help="runs per combination, each with another seed")
    sweep.add_argument("--prune", action="store_true", help="stop runs that fall behind the others")
    sweep.add_argument("--prune-after", type=int, metavar="EPOCH", help="epochs each run gets before that")
    sweep.add_argument(
        "--goal", metavar="FIGURE", help="val_accuracy, val_loss, train_accuracy or train_loss"
    )
    sweep.add_argument("--workers", type=int, help="runs side by side on this machine")
    sweep.add_argument(
        "--cluster", metavar="ADDRESS", help="train on a Dask cluster, such as tls://host:8786"
    )
    sweep.add_argument("--retry-failed", action="store_true", help="train again what failed, from its start")
    sweep.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto", help="where to compute")
    sweep.add_argument("--out", metavar="DIR", help="folder of the sweep")
    _add_recipe(sweep)
    _add_set(sweep)
    sweep.set_defaults(resume=False)


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="any field of the project, such as train.optimizer.momentum=0.9",
    )


def _add_evaluate(commands: Commands[_Parser]) -> None:
    evaluate = _command(commands, "evaluate", "evaluate", "loss, accuracy and confusion matrix of a model")
    evaluate.add_argument("model", metavar="MODEL", help="an .h5 file or a run folder")
    evaluate.add_argument("--data", metavar="D", help="data set; the model's own by default")
    evaluate.add_argument(
        "--split", choices=["train", "validation", "test"], default="test", help="part of the data (test)"
    )


def _add_predict(commands: Commands[_Parser]) -> None:
    predict = _command(commands, "predict", "predict", "class of images")
    predict.add_argument("model", metavar="MODEL", help="an .h5 file or a run folder")
    predict.add_argument("files", metavar="FILE", nargs="+", help="PNG or JPEG image, or array in .npy")
    predict.add_argument("--top", type=int, default=3, metavar="K", help="classes to list (3)")
    predict.add_argument("--csv", metavar="OUT", help="also write a table")


def _add_small(commands: Commands[_Parser]) -> None:
    _command(commands, "presets", "presets", "list the presets")
    for name, help in (
        ("summary", "layers, shapes, parameters and multiply-adds"),
        ("gradcheck", "numeric against analytic gradients"),
    ):
        parser = _command(commands, name, name, help)
        parser.add_argument("spec", metavar="SPEC or MODEL", help="a preset, project, network, run or model")
        _add_set(parser)
    export = _command(commands, "export", "export", "write a model in another format")
    export.add_argument("model", metavar="MODEL", help="an .h5 file or a run folder")
    export.add_argument("out", metavar="OUT", help="file to write")
    export.add_argument("--to", help="keras-h5, weights-h5 or keras; by default from OUT's ending")
    export.add_argument("--verify", action="store_true", help="run the file in Keras and compare")


def _add_bench(commands: Commands[_Parser]) -> None:
    bench = _command(commands, "bench", "bench", "how fast networks train on this machine")
    bench.add_argument("spec", metavar="SPEC", nargs="*", help="M1 ... M6, C1 ... C3, or as for train; all")
    bench.add_argument("--vs", choices=["torch", "jax"], help="train the same networks there, by turns")
    bench.add_argument("--evaluate", action="store_true", help="loss and accuracy on 10,000 samples instead")
    bench.add_argument("--path", choices=["numpy", "jit", "gpu"], help="measure one compute path only")
    bench.add_argument("--seconds", type=float, default=0.5, help="length of a turn (0.5)")
    bench.add_argument("--rounds", type=int, default=5, help="turns that each gets (5)")
    bench.add_argument("--warm", action="store_true", help="only compile the kernels")


def _add_data(commands: Commands[_Parser]) -> None:
    data = commands.add_parser("data", help="data sets", description="data sets")
    actions = data.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(actions, "list", "data", "list the data sets")
    info = _command(actions, "info", "data", "what a data set holds")
    info.add_argument("source", metavar="D", help="name or path")
    info.add_argument("--duplicates", action="store_true", help="test samples that are training samples too")
    preview = _command(actions, "preview", "data", "what a file or folder holds, before it is read")
    preview.add_argument("source", metavar="PATH", help="a table, HDF5 file, folder or zip of images ...")
    convert = _command(actions, "convert", "data", "write a data set in another format")
    convert.add_argument("source", metavar="IN", help="name or path")
    convert.add_argument("out", metavar="OUT", help=".npz, .h5, .csv, or a new folder")
    convert.add_argument("--to", choices=["npz", "hdf5", "csv", "idx", "png"], help="by default from OUT")
    for reader in (info, preview, convert):
        reader.add_argument(
            "--read",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="how to read a table, images or HDF5, such as label=species, size=[32,32], skip_bad=true",
        )
    download = _command(actions, "download", "data", "download a data set")
    download.add_argument("source", metavar="NAME", help="mnist or fashion-mnist")
