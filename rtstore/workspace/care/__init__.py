"""The care of a store: collecting what nothing reaches, checking everything, mending what can be."""
