// Package exchange holds a test that serves the Exchange of package ewstest on loopback, for .ci/real-suite.
// It is a test because nothing internal may depend on ewstest.
package exchange
