import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.accounts.errors import FieldError
from dash_portal.accounts.short_names import suggested_slug, valid_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbor & Pine Kitchens", "harbor-pine-kitchens"),
        ("Zoë's Café", "zoes-cafe"),
        ("  24/7 Fitness! ", "24-7-fitness"),
        ("日本", ""),
        ("", ""),
        ("a" * 62 + " b", "a" * 62),
    ],
)
def test_a_name_suggests_a_short_name(name: str, slug: str) -> None:
    assert suggested_slug(name) == slug


@given(st.text(max_size=200))
def test_what_is_suggested_is_taken(name: str) -> None:
    slug = suggested_slug(name)
    assert slug == "" or valid_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "-", "a-", "Own", "a b", "a" * 64, "é"])
def test_anything_else_is_refused_at_its_field(slug: str) -> None:
    with pytest.raises(FieldError) as refused:
        valid_slug(slug)
    assert refused.value.field == "slug"
