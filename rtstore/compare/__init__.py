"""What differs between two versions, and how two sets of differences are brought together."""
