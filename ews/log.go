package ews

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/go-ews/exchange/internal/netfault"
	"github.com/go-ews/exchange/internal/oneline"
)

// now returns the time if it will be logged.
func (x *call) now() time.Time {
	if x.client.log == nil {
		return time.Time{}
	}
	return time.Now()
}

func (x *call) logCall(ctx context.Context, start time.Time, err error) {
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	if x.logs(ctx, level) {
		x.client.log.LogAttrs(ctx, level, "ews call", append(x.logAttrs(start, err),
			slog.Int("attempts", x.info.Attempts))...)
	}
}

func (x *call) logAttempt(ctx context.Context, start time.Time, err error) {
	if x.logs(ctx, slog.LevelDebug) {
		x.client.log.LogAttrs(ctx, slog.LevelDebug, "ews attempt", append(x.logAttrs(start, err),
			slog.Int("attempt", x.info.Attempts))...)
	}
}

func (x *call) logWait(ctx context.Context, d time.Duration, err error) {
	if x.logs(ctx, slog.LevelWarn) {
		x.client.log.LogAttrs(ctx, slog.LevelWarn, "ews wait", append([]slog.Attr{
			slog.String("op", x.op.Name),
			slog.Int("attempt", x.info.Attempts),
			slog.Duration("wait", d),
		}, x.errorAttrs(err)...)...)
	}
}

// logs reports whether records of the level are wanted, before their attributes are built.
func (x *call) logs(ctx context.Context, level slog.Level) bool {
	return x.client.log != nil && x.client.log.Enabled(ctx, level)
}

// logAttrs returns the attributes of the record of an attempt. They hold no content: an error is
// logged by its kind and code, because its text may quote the server, which may quote the request.
func (x *call) logAttrs(start time.Time, err error) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("op", x.op.Name),
		slog.Duration("duration", time.Since(start)),
		slog.Int("status", x.info.StatusCode),
		slog.String("request_id", loggedID(&x.info)),
		slog.String("client_request_id", x.info.ClientRequestID),
	}
	return append(attrs, x.errorAttrs(err)...)
}

// errorAttrs returns the mailbox of the call and, if it failed, the kind of failure.
func (x *call) errorAttrs(err error) []slog.Attr {
	var attrs []slog.Attr
	if x.info.Mailbox != "" {
		attrs = append(attrs, slog.String("mailbox", oneline.Clip(x.info.Mailbox, 256)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", errorKind(err)))
	}
	if class := failureClass(err); class != "" {
		attrs = append(attrs, slog.String("class", class))
	}
	return attrs
}

// failureClass returns the class of a transport failure, "" for other errors.
func failureClass(err error) string {
	transport, ok := errors.AsType[*TransportError](err)
	if !ok || transport.Err == nil {
		return ""
	}
	switch {
	case isLimit(transport.Err):
		return "too large"
	case transport.malformed:
		return "malformed"
	case transport.Info.StatusCode != 0 && errors.Is(transport.Err, io.ErrUnexpectedEOF):
		return "cut"
	}
	return netfault.Kind(transport.Err)
}

// errorKind returns the name of the kind of an error.
func errorKind(err error) string {
	var (
		transport *TransportError
		page      *HTTPError
		code      ResponseCode
		held      *heldError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	case errors.As(err, &held):
		return "held back"
	case errors.As(err, &transport):
		if notSent(err) {
			return "not sent"
		}
		return "no readable response"
	case errors.As(err, &page):
		return "HTTP " + strconv.Itoa(page.StatusCode)
	case errors.As(err, &code):
		return loggedCode(code)
	}
	return "other error"
}

// loggedCode returns a code for the log, or a placeholder if it is not a plain name.
func loggedCode(code ResponseCode) string {
	if code != "" && !isOperationName(string(code)) {
		return "unknown code"
	}
	return oneline.Clip(string(code), 80)
}
