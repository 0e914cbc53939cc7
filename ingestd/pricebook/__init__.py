"""What events cost: the catalogue, the versions a person added, and how an event finds its price.

catalogue_format  the compiled catalogue, a data file of this package (made by `make catalogue`)
catalogue         its versions, brought into the file when the program starts
matching          which catalogue model an event's names mean
versions          the versions in force over time for one combination of names
assumptions       which service tier counts, and what must be assumed and said
charges           how events are charged, each way once in the file
book              event → frozen cost and charge
"""
