//go:build race

package ews_test

// raceDetector allocates beside the program, which spoils counts.
const raceDetector = true
