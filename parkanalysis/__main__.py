"""``python -m parkanalysis`` does what the command ``parkanalysis`` does."""

from parkanalysis.cli import main

if __name__ == "__main__":
    main()
