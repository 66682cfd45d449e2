"""Acts: everything that touches the world.

Modules right here are Prefect tasks; sub-packages know nothing of Prefect.
"""
