package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// turn is what one turn of a client has cost, per call.
type turn struct {
	CPU, Wall   float64 // microseconds; CPU of this process, user and system
	Allocs      float64
	Bytes       float64
	Connections float64
	Failures    float64
}

// result is a client's turns in one configuration.
type result struct {
	Name  string
	Turns []turn
}

// compare gives every client its turn in each round.
func compare(ctx context.Context, srv *server, s settings, secure bool, workers int) ([]result, error) {
	calls := s.calls
	if workers == 1 {
		calls /= 10
	}
	list := contenders()
	results := make([]result, len(list))
	runs := make([]func(context.Context) error, len(list))
	for i, c := range list {
		call, closeIdle, err := c.make(srv, secure)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		defer closeIdle()
		results[i].Name, runs[i] = c.name, call
		// Once to warm up: connections, pools, type caches. A client that fails here is not
		// measured for nothing.
		if _, err := takeTurn(ctx, srv, call, workers, 2*workers); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for range s.rounds {
		for i, call := range runs {
			t, err := takeTurn(ctx, srv, call, workers, calls)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", list[i].name, err)
			}
			results[i].Turns = append(results[i].Turns, t)
		}
	}
	return results, nil
}

// takeTurn makes the calls with so many workers and says what they cost.
func takeTurn(ctx context.Context, srv *server, call func(context.Context) error, workers, calls int) (turn, error) {
	connections := func() (int64, error) {
		if srv == nil {
			return 0, nil
		}
		c, err := srv.counts(ctx)
		return c.Connections, err
	}
	before, err := connections()
	if err != nil {
		return turn{}, err
	}
	runtime.GC()
	m := startMeter()
	failures, first := spread(ctx, call, workers, calls)
	t := m.stop(calls)
	after, err := connections()
	if err != nil {
		return turn{}, err
	}
	if failures == calls {
		return t, first
	}
	t.Failures = float64(failures) / float64(calls)
	t.Connections = float64(after-before-1) / float64(calls) // asking has made one
	return t, ctx.Err()
}

// spread makes the calls and returns how many failed, and the first error.
func spread(ctx context.Context, call func(context.Context) error, workers, calls int) (failures int, first error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range workers {
		wg.Go(func() {
			for n := w; n < calls; n += workers {
				if err := call(ctx); err != nil {
					mu.Lock()
					failures++
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failures, first
}

// meter reads the process's clocks and the allocator's counts.
type meter struct {
	start time.Time
	cpu   time.Duration
	mem   runtime.MemStats
}

func startMeter() *meter {
	m := new(meter)
	runtime.ReadMemStats(&m.mem)
	m.cpu, m.start = cpuTime(), time.Now()
	return m
}

func (m *meter) stop(calls int) turn {
	wall, cpu := time.Since(m.start), cpuTime()-m.cpu
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	n := float64(calls)
	return turn{
		CPU: cpu.Seconds() * 1e6 / n, Wall: wall.Seconds() * 1e6 / n,
		Allocs: float64(mem.Mallocs-m.mem.Mallocs) / n,
		Bytes:  float64(mem.TotalAlloc-m.mem.TotalAlloc) / n,
	}
}

// cpuTime is this process's user and system time.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
