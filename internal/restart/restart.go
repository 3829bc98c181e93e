//go:build unix

// Package restart restarts a test server while calls are under way.
package restart

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Apache restarts the Apache whose process id is in pidFile, once gracefully and twice not. Meanwhile
// it calls each worker in a loop, all at the same time. It returns after the last call.
func Apache(pidFile string, workers ...func()) error {
	text, err := os.ReadFile(pidFile) //nolint:gosec // the test names the file
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", pidFile, err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, worker := range workers {
		wg.Go(func() { repeat(worker, stop) })
	}
	err = signals(pid, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGHUP)
	close(stop)
	wg.Wait()
	return err
}

func repeat(worker func(), stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			worker()
		}
	}
}

func signals(pid int, all ...syscall.Signal) error {
	const pause = 300 * time.Millisecond // a real server needs real time
	for _, sig := range all {
		time.Sleep(pause)
		if err := syscall.Kill(pid, sig); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}
