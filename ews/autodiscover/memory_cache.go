package autodiscover

import (
	"context"
	"sync"
)

// maxEntries bounds a MemoryCache: some MB.
const maxEntries = 10_000

// MemoryCache is a [Cache] in memory. Beyond 10,000 mailboxes it forgets those that were found
// longest ago. Make one with [NewMemoryCache].
type MemoryCache struct {
	mu      sync.Mutex
	entries map[string]Entry
}

// NewMemoryCache returns an empty cache.
func NewMemoryCache() *MemoryCache { return &MemoryCache{entries: map[string]Entry{}} }

// Load implements [Cache].
func (c *MemoryCache) Load(_ context.Context, email string) (Entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[email]
	return e, ok
}

// Store implements [Cache].
func (c *MemoryCache) Store(_ context.Context, email string, e Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[email]; !known && len(c.entries) >= maxEntries {
		c.makeRoom()
	}
	c.entries[email] = e
}

// Delete implements [Cache].
func (c *MemoryCache) Delete(_ context.Context, email string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, email)
}

// makeRoom removes the oldest of a few entries, which Go picks at random. Looking at all entries
// each time would make a full cache slow.
func (c *MemoryCache) makeRoom() {
	oldest, seen := "", 0
	for email, e := range c.entries {
		if oldest == "" || e.Result.Found.Before(c.entries[oldest].Result.Found) {
			oldest = email
		}
		if seen++; seen == 16 {
			break
		}
	}
	delete(c.entries, oldest)
}
