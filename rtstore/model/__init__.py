"""What things are: ids, records, conversation shapes, and the objects of a store. Pure: no I/O."""
