"""How fast networks train on this machine, beside the matrix product's limit and beside PyTorch."""

from nnstudio.experiments.bench.cases import Case, case_of, standard_cases
from nnstudio.experiments.bench.measure import Row, machine, measure

__all__ = ["Case", "Row", "case_of", "machine", "measure", "standard_cases"]
