"""What conversations can be exported as: one module for each format, found through ``registry``."""
