// Package arch holds tests of the module's shape: the imports of each package, the requirements of
// the go.mod files, the top level, the size of Client, the forbidden names, the links of the pages.
//
// The tests read source files only; they need neither the network nor a compiled package, and they
// see files for every platform. The rules stand in table_test.go.
package arch
