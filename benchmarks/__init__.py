"""What the engine costs, as ratios in one run: `make bench`."""
