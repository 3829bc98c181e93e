package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// telemetry sends traces and metrics to OTEL_EXPORTER_OTLP_ENDPOINT, if that is set: a span for each
// attempt at a mailbox, below it one for each request, and how long they took. It is River's
// middleware for the former. No span names a mailbox; the job's number does, in the database.
type telemetry struct {
	river.MiddlewareDefaults

	on       bool
	traces   trace.TracerProvider
	metrics  metric.MeterProvider
	tracer   trace.Tracer
	duration metric.Float64Histogram
	stop     func(context.Context) error
}

const telemetryName = "github.com/go-ews/exchange/examples/commands/contactsync"

// startTelemetry reads the environment as OpenTelemetry's specification has it.
func startTelemetry(ctx context.Context) (*telemetry, error) {
	t := &telemetry{
		traces: tracenoop.NewTracerProvider(), metrics: metricnoop.NewMeterProvider(),
		stop: func(context.Context) error { return nil },
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" {
		if err := t.export(ctx); err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
		}
	}
	t.tracer = t.traces.Tracer(telemetryName)
	var err error
	t.duration, err = t.metrics.Meter(telemetryName).Float64Histogram("contactsync.mailbox.duration",
		metric.WithUnit("s"), metric.WithDescription("How long an attempt at a mailbox takes."))
	return t, err
}

// export makes the exporters.
func (t *telemetry) export(ctx context.Context) error {
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return err
	}
	values, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return errors.Join(err, spans.Shutdown(ctx))
	}
	about, err := resource.New(ctx, resource.WithHost(), resource.WithProcessPID(),
		resource.WithAttributes(attribute.String("service.name", "contactsync")), resource.WithFromEnv())
	if err != nil {
		return errors.Join(err, spans.Shutdown(ctx), values.Shutdown(ctx))
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(about))
	metrics := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(values)), sdkmetric.WithResource(about))
	t.on, t.traces, t.metrics = true, traces, metrics
	t.stop = func(ctx context.Context) error {
		const within = 10 * time.Second
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
		defer cancel()
		return errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx))
	}
	return nil
}

// transport makes a span of each request, named after its operation.
func (t *telemetry) transport(base http.RoundTripper) http.RoundTripper {
	if !t.on {
		return base
	}
	return otelhttp.NewTransport(base,
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.metrics),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
			return "EWS " + action[strings.LastIndex(action, "/")+1:]
		}))
}

// Work is River's hook round each attempt.
func (t *telemetry) Work(ctx context.Context, job *rivertype.JobRow, inner func(context.Context) error) error {
	ctx, span := t.tracer.Start(ctx, "sync mailbox", trace.WithAttributes(
		attribute.Int64("river.job.id", job.ID), attribute.Int("river.job.attempt", job.Attempt)))
	defer span.End()
	begin := time.Now()
	err := inner(ctx)
	result := resultName(err)
	if err != nil {
		span.SetStatus(codes.Error, result) // the text may hold names of contacts
	}
	span.SetAttributes(attribute.String("contactsync.result", result))
	t.duration.Record(ctx, time.Since(begin).Seconds(), metric.WithAttributes(attribute.String("result", result)))
	return err
}

// resultName returns the result of an attempt in one word, for a metric.
func resultName(err error) string {
	if _, ok := errors.AsType[*river.JobSnoozeError](err); ok {
		return "snoozed"
	}
	if _, ok := errors.AsType[*river.JobCancelError](err); ok {
		return "failed"
	}
	switch {
	case err == nil:
		return "in step"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return "again"
}
