"""One module per figure, named like it; each has `measure(say)`, and being here is all it takes to be a figure."""
