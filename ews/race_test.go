//go:build race

package ews_test

// The race detector allocates as well, which spoils counts.
const raceDetector = true
