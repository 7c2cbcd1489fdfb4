"""What conversations can be imported from: one module for each kind of file, found through ``registry``."""
