package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// turn is the cost of one turn of a client, per call.
type turn struct {
	CPU, Wall   float64 // microseconds; CPU of this process, user and system
	Allocs      float64
	Bytes       float64
	Requests    float64 // as the server counts them
	Connections float64 // new ones
	Failures    float64
}

// result is a client's turns in one configuration.
type result struct {
	Name  string
	Turns []turn
}

// setting is the server and the load of a comparison.
type setting struct {
	name    string // of the server
	workers int
	rounds  int
	calls   int                                   // per turn
	counts  func(context.Context) (counts, error) // as the server counts
}

// counts are a server's, from its start on.
type counts struct{ Requests, Connections int64 }

// runner is a contender that is ready to call.
type runner struct {
	contender

	call      func(context.Context) error
	closeIdle func()
}

// compare runs every contender once in each round.
func compare(ctx context.Context, list []contender, in setting) ([]result, error) {
	results := make([]result, len(list))
	runners := make([]runner, len(list))
	for i, c := range list {
		r, err := c.prepare(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		defer r.closeIdle()
		results[i].Name, runners[i] = c.name, r
	}
	for range in.rounds {
		for i, r := range runners {
			t, err := r.turn(ctx, in)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			results[i].Turns = append(results[i].Turns, t)
		}
	}
	return results, nil
}

// prepare makes the contender's client and warms it up: connections, pools, type caches. A client
// that fails here is not measured.
func (c contender) prepare(ctx context.Context, in setting) (runner, error) {
	call, closeIdle, err := c.make()
	if err != nil {
		return runner{}, err
	}
	in.calls = 2 * in.workers
	if _, err := takeTurn(ctx, call, in); err != nil && !c.fails {
		closeIdle()
		return runner{}, err
	}
	return runner{c, call, closeIdle}, nil
}

// turn takes a turn. One that may fail closes its connections afterwards, since it may hold more of
// them than the server has room for.
func (r runner) turn(ctx context.Context, in setting) (turn, error) {
	t, err := takeTurn(ctx, r.call, in)
	if !r.fails {
		return t, err
	}
	r.closeIdle()
	return t, ctx.Err()
}

// longestTurn ends the calls of a client that hangs.
const longestTurn = 20 * time.Second

// takeTurn makes the calls and returns their cost.
func takeTurn(ctx context.Context, call func(context.Context) error, in setting) (turn, error) {
	before, err := in.counts(ctx)
	if err != nil {
		return turn{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, longestTurn)
	defer cancel()
	runtime.GC()
	m := startMeter()
	failures, first := spread(bounded, call, in.workers, in.calls)
	t := m.stop(in.calls)
	after, err := in.counts(ctx)
	if err != nil {
		return turn{}, err
	}
	n := float64(in.calls)
	t.Failures = float64(failures) / n
	t.Requests = float64(after.Requests-before.Requests) / n
	t.Connections = float64(after.Connections-before.Connections) / n
	if failures == in.calls {
		return t, first
	}
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
