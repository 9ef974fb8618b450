"""The base of the frozen specs."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nnstudio.core.registry import spec_error

S = TypeVar("S", bound="Spec")


class Spec(BaseModel):
    """Base of the frozen specs."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def replace(self: S, **changes: Any) -> S:
        """A validated copy with some fields changed.

        Raises:
            SpecError: A value is not allowed; the message names the field and its bounds.
        """
        return self.build({**{k: getattr(self, k) for k in type(self).model_fields}, **changes})

    @classmethod
    def build(cls: type[S], fields: Any) -> S:
        """Builds the spec from fields or JSON data.

        Raises:
            SpecError: A value is not allowed.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise spec_error(cls.__name__, error) from error
