"""A file a question: a snapshot of the file, a selection and the present go in, an answer comes out."""
