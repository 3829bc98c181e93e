// Package arch holds tests of the module's shape: which package may import which, what the go.mod
// files require, what lies at the top level, how large Client may grow, which names are not used.
//
// The tests read source files only; they need neither the network nor a compiled package, and they
// see files for every platform. The rules stand in table_test.go.
package arch
