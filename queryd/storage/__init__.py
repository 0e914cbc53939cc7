"""Where it lies: blocks of columns, and the names of their ids."""
