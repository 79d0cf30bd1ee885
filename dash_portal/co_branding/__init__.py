"""A brand's own face beside the agency's: logo and colour, in header, sign-in and print; neutral where none is set."""
