"""Series made of arrays."""

import numpy as np
import pandas as pd
import pytest

FOUR = ("Liaoning", "Jilin", "Heilongjiang", "Hebei")


@pytest.fixture(scope="session")
def frame():
    """Make a series of an array, years by places."""

    def made(levels, years, *, places=FOUR, **columns):
        index = pd.MultiIndex.from_product([years, places], names=["year", "province"])
        about = {
            "unit": "100 million yuan",
            "kind": "extensive",
            "indicator": "made_up",
            "vintage": "single",
            "source": "nobody",
        }
        values = pd.DataFrame({"value": np.asarray(levels, float).ravel()}, index=index)
        return values.reset_index().assign(**{**about, **columns})

    return made
