//! Parts the test suites share.
