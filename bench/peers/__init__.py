"""ferryd beside other programs that forward frames, on the same captures and the same synthetic ports."""
