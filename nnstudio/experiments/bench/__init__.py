"""How fast networks train on this machine, beside the matrix product's limit and beside PyTorch."""

from nnstudio.experiments.bench.cases import Case, case_of, standard_cases
from nnstudio.experiments.bench.machine import machine
from nnstudio.experiments.bench.measure import Row, measure

__all__ = ["Case", "Row", "case_of", "machine", "measure", "standard_cases"]
