//! Nothing: the suites lie in `all`. A package needs a target of its own besides tests.
