"""What ``--json`` prints: an example by command, and notes on what goes not without saying."""

from rtstore.cli.schemas.examples import EXAMPLES
from rtstore.cli.schemas.notes import NOTES

__all__ = ["EXAMPLES", "NOTES"]
