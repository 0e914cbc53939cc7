"""Running the daemons: what `make run` needs beside them, units, images and proxies."""
