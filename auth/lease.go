package auth

import (
	"io"
	"net/http"
	"sync"
)

// lease returns the connection to the pool once the response was read to its end. A body closed
// earlier leaves the rest of the response on the connection, which is dropped.
func lease(resp *http.Response, p *pool, c *conn, again bool) {
	keep := again && !resp.Close && !resp.Request.Close
	if resp.Body == nil || resp.Body == http.NoBody {
		release(p, c, keep)
		return
	}
	resp.Body = &leasedBody{ReadCloser: resp.Body, pool: p, conn: c, keep: keep}
}

func release(p *pool, c *conn, keep bool) {
	if keep {
		p.put(c)
		return
	}
	p.drop(c)
}

type leasedBody struct {
	io.ReadCloser

	pool *pool
	conn *conn
	keep bool
	once sync.Once
}

func (b *leasedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.once.Do(func() { release(b.pool, b.conn, b.keep && err == io.EOF) })
	}
	return n, err
}

func (b *leasedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { release(b.pool, b.conn, false) })
	return err
}
