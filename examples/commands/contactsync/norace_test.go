//go:build !race

package main

const manyMailboxes = 10_000
