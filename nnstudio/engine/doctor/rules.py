"""The rule behind each kind of finding as one line, with the thresholds that the checks go by."""

from __future__ import annotations

from nnstudio.engine.doctor.case import HIGH_RATIO, LOW_RATIO
from nnstudio.engine.doctor.chance import ERRORS
from nnstudio.engine.doctor.dead import MAX_DEAD
from nnstudio.engine.doctor.diverging import RISE as DIVERGING_RISE
from nnstudio.engine.doctor.exploding import MAX_NORM
from nnstudio.engine.doctor.finding import Kind, percent, short
from nnstudio.engine.doctor.imbalance import MAX_RATIO
from nnstudio.engine.doctor.overfitting import EPOCHS as RISING_EPOCHS
from nnstudio.engine.doctor.overfitting import RISE as VAL_RISE
from nnstudio.engine.doctor.plateau import EPOCHS as STANDING_EPOCHS
from nnstudio.engine.doctor.plateau import LEAST_GAIN
from nnstudio.engine.doctor.rate import ABSURD_RATIO, RISES, SLOW, WINDOW
from nnstudio.engine.doctor.vanishing import MIN_SHARE, MOSTLY

_RATIO = "log₁₀(‖Δw‖ / ‖w‖)"

RULES: dict[Kind, str] = {
    "nonfinite": "the loss or a weight = NaN or ±∞",
    "exploding": f"‖gradient‖ > {short(MAX_NORM)}, and the loss is above that of guessing",
    "diverging": f"train loss > {short(DIVERGING_RISE)} × least train loss so far",
    "dead": f"units that are 0 for every sample > {percent(MAX_DEAD)} of a layer",
    "vanishing": f"gradient of a layer < {short(MIN_SHARE)} × that of the last layer, "
    f"or saturated outputs > {percent(MOSTLY)}",
    "chance": f"accuracy ≤ p + {short(ERRORS)} · √(p · (1 − p) / n), where guessing hits p of n samples",
    "rate_high": f"{_RATIO} > {short(ABSURD_RATIO)}, or > {short(HIGH_RATIO)} while the train loss rises "
    f"{RISES} times in {WINDOW} epochs",
    "rate_low": f"{_RATIO} < {short(LOW_RATIO)}, and the train loss falls by less than "
    f"{percent(SLOW)} per epoch",
    "overfitting": f"val loss ≥ {short(VAL_RISE)} × best val loss for {RISING_EPOCHS} epochs, "
    "while the train loss falls",
    "imbalance": f"samples of the largest class > {short(MAX_RATIO)} × those of the smallest",
    "plateau": f"best train loss falls by less than {percent(LEAST_GAIN)} in {STANDING_EPOCHS} epochs",
    "healthy": "the train loss falls, and no other rule of the doctor holds",
}
"""What has to hold for a finding of a kind."""
