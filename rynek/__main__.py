"""`python -m rynek` is `rynek`."""

from rynek.cli.main import app

if __name__ == "__main__":
    app()
