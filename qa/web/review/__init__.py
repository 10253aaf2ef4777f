"""The page on which the owner of a question set reviews it: `qa questions review`."""
