"""The command line: parse, call the library, present. It can do nothing the library cannot.

Only this layer reads the environment and the terminal. Every command is imported when it is used.
"""
