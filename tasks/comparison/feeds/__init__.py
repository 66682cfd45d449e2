"""How rows of a side that DuckDB cannot read are brought into it, column by column: one module for each dialect.

A dialect without a module of its own is fed by `rows`, from the rows that every side gives.
"""
