"""Columns of one length as a frozen table: what needs, openings and facts of pairs are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

type_of = {
    "bool": np.bool_,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "float64": np.float64,
}


class BadProblem(ValueError):
    """The arrays do not describe a problem; the message names the column."""


def column(dtype: str, default: Any) -> dict[str, Any]:
    """Metadata of a field that is a numpy column of `dtype`, with the value that stands for "not stated"."""
    return {"dtype": dtype, "default": default}


class Table:
    """Columns of one length; subclasses are frozen dataclasses whose fields carry `column`."""

    def __post_init__(self) -> None:
        """Bring every column to its type and refuse columns of unequal length."""
        size: int | None = None
        for spec in fields(self):  # type: ignore[arg-type]
            if "dtype" not in spec.metadata:
                continue
            array = column_of(spec.name, getattr(self, spec.name), spec.metadata["dtype"])
            size = len(array) if size is None else size
            if len(array) != size:
                raise BadProblem(f"{spec.name} has {len(array)} rows where {size} are due")
            object.__setattr__(self, spec.name, array)

    @classmethod
    def make(cls, size: int, **given: Any) -> Self:
        """A table of `size` rows from the columns given; the others hold "not stated".

        A column given as one value is repeated. `tie_key` defaults to the row's number.
        """
        columns: dict[str, Any] = {}
        for spec in fields(cls):  # type: ignore[arg-type]
            if spec.name in given:
                value = given.pop(spec.name)
                scalar = "dtype" in spec.metadata and np.ndim(value) == 0
                columns[spec.name] = np.full(size, value, dtype=spec.metadata["dtype"]) if scalar else value
            elif "dtype" in spec.metadata:
                columns[spec.name] = _default(size, spec.metadata)
        if given:
            raise BadProblem(f"unknown columns: {', '.join(sorted(given))}")
        return cls(**columns)

    def take(self, rows: ArrayLike) -> Self:
        """The table of these rows, in this order."""
        chosen = np.asarray(rows, dtype=np.int64)
        taken = {
            spec.name: getattr(self, spec.name)[chosen]
            for spec in fields(self)  # type: ignore[arg-type]
            if "dtype" in spec.metadata
        }
        return replace(self, **taken)  # type: ignore[type-var]


def column_of(name: str, value: Any, dtype: str) -> NDArray[Any]:
    """The values as one column of a type; BadProblem where they are not of it."""
    array = np.asarray(value)
    if array.ndim != 1:
        raise BadProblem(f"{name} must have one dimension, not {array.ndim}")
    wanted = np.dtype(type_of[dtype])
    if array.dtype == wanted:
        return array
    with np.errstate(invalid="ignore", over="ignore"):
        turned = array.astype(wanted)
    same = np.array_equal(turned.astype(array.dtype), array, equal_nan=array.dtype.kind == "f")
    if array.size and not same:
        raise BadProblem(f"{name} holds values that are not {dtype}")
    return turned


def _default(size: int, metadata: Mapping[str, Any]) -> NDArray[Any]:
    if metadata["default"] == "row":
        return np.arange(size, dtype=type_of[metadata["dtype"]])
    return np.full(size, metadata["default"], dtype=type_of[metadata["dtype"]])
