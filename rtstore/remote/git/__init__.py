"""Git repositories as rtstore uses them: one branch of files, written and read without a copy on this machine."""
