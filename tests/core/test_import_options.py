from __future__ import annotations

import pytest

from nnstudio.core.data_spec import DataSpec
from nnstudio.core.fields import describe
from nnstudio.core.import_options import ImportOptions
from nnstudio.core.spec import ProjectSpec
from nnstudio.errors import SpecError


def test_a_form_can_be_made_of_the_options() -> None:
    rows = {row.name: row for row in describe(ImportOptions)}
    assert (
        set(rows)
        == set(ImportOptions.model_fields)
        == {name for use in ImportOptions.uses.values() for name in use}
    )
    for row in rows.values():
        assert row.help, row.name
        assert row.kind in ("bool", "text", "choice", "pair"), row.name
    assert rows["fit"].choices == ("fit", "crop", "stretch")


def test_options_are_recorded_in_the_project() -> None:
    options = ImportOptions(label="species", size=(32, 48), skip_bad=True)
    project = ProjectSpec(data=DataSpec(source="iris.csv", reading=options))
    assert ProjectSpec.loads(project.dumps()).data.reading == options


@pytest.mark.parametrize(
    "wrong",
    [{"size": (0, 5)}, {"size": (4096, 5)}, {"delimiter": "dot"}, {"label": "x" * 201}, {"pixels": 3}],
)
def test_values_beyond_the_bounds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        ImportOptions.build(wrong)
