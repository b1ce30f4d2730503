"""What can go wrong around the local stack, said so that the reader knows what to do next."""


class StackProblem(Exception):
    """The stack cannot do what was asked; the text says what happened and what to do about it."""
