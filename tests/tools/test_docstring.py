from tools.docstring import read_docstring


def test_an_absent_docstring_gives_nothing() -> None:
    assert read_docstring(None).description == ""
    assert read_docstring("").parameters == {}


def test_description_and_arguments_are_split() -> None:
    read = read_docstring(
        """Tell the weather
        of a city.

        It asks a service.

        Args:
            city: The city, as
                people say it.
            unit (str, optional): celsius or fahrenheit: either.
            *rest: More.

        Returns:
            something: not for the model.
        """
    )

    assert read.description == "Tell the weather of a city.\nIt asks a service."
    assert read.parameters == {
        "city": "The city, as people say it.",
        "unit": "celsius or fahrenheit: either.",
        "rest": "More.",
    }


def test_other_sections_are_left_out() -> None:
    read = read_docstring("Do it.\n\nRaises:\n    ValueError: never.\n\nExample:\n    do()\n")

    assert read.description == "Do it."
    assert read.parameters == {}
