"""The front door: `rynek --help`.

Each noun has a file; a file imports its heavy machinery when its command runs, so that `--help`
stays quick.
"""
