"""kwrest: a time-series and relational SQL server that speaks KWDB's RESTful API."""

__version__ = "0.1.0"
