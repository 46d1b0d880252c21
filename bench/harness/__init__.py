"""The program behind bench/run: builds what a measurement needs, runs it, and tells its results in three forms."""
