"""HTTP around the questions: parse, ask one, answer."""
