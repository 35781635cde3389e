"""Rows as pages read them: columns of one query, in frozen read types that share a model's facts.

Loading entities costs more than half of a page that shows a handful of them: 20 cards take
1.05 ms as entities and 0.36 ms as rows. What is read here belongs to no session: it stays as it
was, nothing more of it is loaded later, nothing can be written to it, and what was not asked for
is an AttributeError that says so. Acts load entities.
"""

from collections.abc import Sequence
from inspect import isfunction
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from hub.db import Model, db

Row = TypeVar("Row", bound=Model)


class Reading(Generic[Row]):
    """Which columns of a model are read (none named: all), and what of the rows it refers to.

    Its id always is. `related` goes by the names of relationships. A row that is not there is None;
    rows of a list are gathered for the model with which a reading begins, not further down.
    """

    def __init__(
        self, model: type[Row], *columns: InstrumentedAttribute[Any], **related: "Reading[Any]"
    ) -> None:
        self.model = model
        own_id = cast(Any, model).id
        all_columns = [prop.class_attribute for prop in inspect(model).column_attrs]
        self.columns = [own_id, *(one for one in columns or all_columns if one is not own_id)]
        self.names = [column.key for column in self.columns]
        self._type = _read_type(model)
        self.ones: list[tuple[str, Reading[Any], int]] = []  # with where their columns begin
        self.lists: list[tuple[str, Reading[Any], int]] = []
        for name, reading in related.items():
            is_list = getattr(model, name).property.uselist
            (self.lists if is_list else self.ones).append((name, reading, len(self.columns)))
            self.columns += reading.columns

    def select(self) -> Select[*tuple[Any, ...]]:
        """Select what is read, for conditions to be added: best built once, with bound names."""
        return self._join(select(*self.columns).select_from(self.model))

    def rows(self, statement: Select[*tuple[Any, ...]], **values: Any) -> list[Row]:
        """Return what the statement, made from `select`, finds with these values, in its order."""
        read: dict[int, Row] = {}
        for found in db.session.connection().execute(statement, values):
            row = read.get(found[0])
            if row is None:
                row = read[found[0]] = self._row(found, 0)
            for name, reading, start in self.lists:
                if found[start] is not None:
                    getattr(row, name).append(reading._row(found, start))
        return list(read.values())

    def _row(self, found: Sequence[Any], start: int) -> Any:
        if found[start] is None:
            return None
        row = self._type()
        row.__dict__.update(zip(self.names, found[start:], strict=False))
        row.__dict__.update({name: [] for name, _reading, _at in self.lists})
        for name, reading, at in self.ones:
            row.__dict__[name] = reading._row(found, start + at)
        return row

    def _join(self, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        for name, reading, _at in [*self.ones, *self.lists]:
            statement = reading._join(statement.outerjoin(getattr(self.model, name)))
        return statement


def _read_type(model: type[Model]) -> type:
    """Make a frozen type that has the facts of a model (its properties and methods), no columns."""
    facts = {
        name: fact
        for parent in reversed(model.__mro__[:-1])
        if not issubclass(Model, parent)
        for name, fact in vars(parent).items()
        if isinstance(fact, property) or (isfunction(fact) and not name.startswith("__"))
    }

    def refuse(row: object, name: str, _value: object) -> None:
        raise AttributeError(f"{model.__name__} was read to be shown: {name} cannot be set")

    def miss(row: object, name: str) -> Any:
        raise AttributeError(f"{model.__name__} was read without {name}")

    def equals(row: object, other: object) -> bool:
        return type(row) is type(other) and vars(row) == vars(other)

    def hash_of(row: Any) -> int:
        """Hash all that was read, once: a page asks for several of its fragments."""
        try:
            known: int = row._hash
        except AttributeError:
            known = hash(tuple(vars(row).values()))
            object.__setattr__(row, "_hash", known)
        return known

    frozen = {
        "__slots__": ("__dict__", "_hash"),
        "__setattr__": refuse,
        "__getattr__": miss,
        "__eq__": equals,
        "__hash__": hash_of,
        "__doc__": f"{model.__name__}, read.",
        "__tablename__": model.__tablename__,  # by which the log calls it
    }
    return type(f"{model.__name__}Row", (), facts | frozen)
