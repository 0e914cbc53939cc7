"""Where it lies: blocks of columns, the names of their ids, which rows pass filters, what rows are grouped by."""
