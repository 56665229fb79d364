# SPDX-License-Identifier: GPL-2.0
# Conveniences; ./cma --help tells what there is.

# Not for the makes that ./cma starts
unexport MAKEFLAGS MFLAGS

SUBCOMMANDS := setup kernel boot demo test soak bench check series apply

.PHONY: help $(SUBCOMMANDS) clean

help:
	@./cma --help

$(SUBCOMMANDS):
	@./cma $@ $(ARGS)

clean:
	rm -rf build
