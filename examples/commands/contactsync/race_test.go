//go:build race

package main

// manyMailboxes is fewer here: the race detector makes them all take minutes.
const manyMailboxes = 600
