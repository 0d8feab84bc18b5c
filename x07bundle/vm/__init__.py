"""The VM boundary (contract/vm.md). The standard library and the floor only."""
