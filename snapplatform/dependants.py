"""Which rows stand in the way of deleting another, found by the relations that protect it."""

from django.db.models import PROTECT, ManyToOneRel, Model

from snapplatform.errors import InUse

NAMED = 3


def in_use(row: Model, shown: str, *, but: tuple[type[Model], ...] = ()) -> InUse | None:
    """What protects `row` (called `shown`) from deletion: the first kind of rows, up to three by name.

    They are looked for through the models' own relations, so that a lower package can name what a higher
    one keeps without knowing it. `but`: kinds that don't count.
    """
    kind = str(row._meta.verbose_name)
    for relation in row._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ManyToOneRel) or relation.on_delete is not PROTECT:
            continue
        model = relation.related_model
        if model in but:
            continue
        found = model._base_manager.filter(**{relation.field.name: row})
        by = str(model._meta.verbose_name_plural)
        if not any(field.name == "name" for field in model._meta.fields):
            if found.exists():
                return InUse(kind, shown, by, cure="Delete them first.")
        elif names := list(found.order_by("name").values_list("name", flat=True)[: NAMED + 1]):
            more = found.count() - NAMED if len(names) > NAMED else 0
            return InUse(kind, shown, by, tuple(names[:NAMED]), more, cure="Delete them first.")
    return None
