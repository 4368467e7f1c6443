"""What KWDB means by a type: names, widths, literals, casts. One room for both kinds of table and both front ends."""
