"""What becomes of an economy's output when suppliers fail or links are cut.

``shocks`` names what is hit.
"""
