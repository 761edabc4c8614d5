"""AWS on this machine, for `make demo` and the tests. It is never shipped."""
