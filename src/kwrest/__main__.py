"""`kwrest` and `python -m kwrest`."""

from kwrest.cli import main

if __name__ == "__main__":
    main()
