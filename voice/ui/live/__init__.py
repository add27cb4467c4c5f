"""The live view of ``voice talk``: a plain model of what is shown, and widgets that draw it."""
