"""Rules of this repository that no ready-made checker knows, one file per group; `lib.house_rules` runs them."""
