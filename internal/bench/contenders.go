package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	gowsdl "github.com/hooklift/gowsdl/soap"
	"github.com/tiaguinho/gosoap"

	"github.com/go-ews/exchange/ews"
)

// contender is a client under measurement.
type contender struct {
	name  string
	make  func() (call func(context.Context) error, closeIdle func(), err error)
	fails bool // it fails under load, which is shown
}

const groupName = "MyCustomGroup"

// contenders in the order of the table; the first is the floor.
func contenders(s *server, secure bool) []contender {
	url := s.url(secure) + "/EWS/Exchange.asmx"
	return []contender{
		{name: "net/http POST (floor)", make: func() (func(context.Context) error, func(), error) {
			return makeFloor(s.tuned(), url)
		}},
		{name: ourName, make: func() (func(context.Context) error, func(), error) { return makeClient(s.tuned(), url) }},
		{name: "encoding/xml, tuned transport", make: func() (func(context.Context) error, func(), error) {
			return makeEncodingXML(s.tuned(), url)
		}},
		{name: "encoding/xml, default transport", make: func() (func(context.Context) error, func(), error) {
			return makeEncodingXML(s.untuned(), url)
		}},
		{name: "gowsdl v0.5.0", make: func() (func(context.Context) error, func(), error) { return makeGowsdl(s.tuned(), url) }},
		{name: "gosoap v1.4.4", make: func() (func(context.Context) error, func(), error) {
			return makeGosoap(s.tuned(), s.url(secure)+"/service.wsdl")
		}},
	}
}

// makeFloor posts ready-made bytes and reads the response to its end.
func makeFloor(t *http.Transport, url string) (func(context.Context) error, func(), error) {
	client := &http.Client{Transport: t}
	body := []byte(addImGroupRequest)
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		return errors.Join(err, res.Body.Close())
	}, client.CloseIdleConnections, nil
}

// makeClient is this module.
func makeClient(t http.RoundTripper, url string) (func(context.Context) error, func(), error) {
	client, err := ews.NewClient(url, &ews.Options{
		HTTPClient: &http.Client{Transport: t}, Retry: ews.RetryPolicy{MaxAttempts: 1},
	})
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) error {
		group, err := client.AddImGroup(ctx, groupName)
		if err != nil {
			return err
		}
		return check(group.DisplayName, group.ExchangeStoreID.ID)
	}, client.CloseIdleConnections, nil
}

// check makes sure that a contender has decoded the response.
func check(name, id string) error {
	if name != groupName || !isNumbered(id) {
		return fmt.Errorf("wrong response: name %q, id %q", name, id)
	}
	return nil
}

// A client written by hand on encoding/xml.

type xmlRequest struct {
	XMLName xml.Name `xml:"soap:Envelope"`
	Soap    string   `xml:"xmlns:soap,attr"`
	T       string   `xml:"xmlns:t,attr"`
	M       string   `xml:"xmlns:m,attr"`
	Version struct {
		Version string `xml:"Version,attr"`
	} `xml:"soap:Header>t:RequestServerVersion"`
	DisplayName string `xml:"soap:Body>m:AddImGroup>m:DisplayName"`
}

type xmlResponse struct {
	Body struct {
		AddImGroupResponse addImGroupResponse `xml:"AddImGroupResponse"`
		Fault              *struct {
			String string `xml:"faultstring"`
		} `xml:"Fault"`
	} `xml:"Body"`
}

type addImGroupResponse struct {
	Class   string `xml:"ResponseClass,attr"`
	Code    string `xml:"ResponseCode"`
	ImGroup struct {
		DisplayName     string `xml:"DisplayName"`
		GroupType       string `xml:"GroupType"`
		ExchangeStoreID struct {
			ID        string `xml:"Id,attr"`
			ChangeKey string `xml:"ChangeKey,attr"`
		} `xml:"ExchangeStoreId"`
	} `xml:"ImGroup"`
}

func makeEncodingXML(t *http.Transport, url string) (func(context.Context) error, func(), error) {
	client := &http.Client{Transport: t}
	return func(ctx context.Context) error {
		in := xmlRequest{Soap: nsEnvelope, T: nsTypes, M: nsMessages, DisplayName: groupName}
		in.Version.Version = "Exchange2013"
		body, err := xml.Marshal(in)
		if err != nil {
			return err
		}
		read, err := post(ctx, client, url, body)
		if err != nil {
			return err
		}
		var out xmlResponse
		if err := xml.Unmarshal(read, &out); err != nil {
			return err
		}
		g := out.Body.AddImGroupResponse.ImGroup
		return check(g.DisplayName, g.ExchangeStoreID.ID)
	}, client.CloseIdleConnections, nil
}

// post sends a body and returns that of the response.
func post(ctx context.Context, hc *http.Client, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	res, err := hc.Do(req)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(res.Body)
	return data, errors.Join(err, res.Body.Close())
}

// gowsdlRequest is the type that gowsdl generates for the operation.
type gowsdlRequest struct {
	XMLName     xml.Name `xml:"http://schemas.microsoft.com/exchange/services/2006/messages AddImGroup"`
	DisplayName string   `xml:"DisplayName,omitempty" json:"DisplayName,omitempty"`
}

type gowsdlResponse struct {
	XMLName xml.Name `xml:"http://schemas.microsoft.com/exchange/services/2006/messages AddImGroupResponse"`
	addImGroupResponse
}

// makeGowsdl uses gowsdl's run-time package. It sets Close on every request, so that the tuned
// transport makes no difference.
func makeGowsdl(t *http.Transport, url string) (func(context.Context) error, func(), error) {
	hc := &http.Client{Transport: t}
	client := gowsdl.NewClient(url, gowsdl.WithHTTPClient(hc))
	return func(ctx context.Context) error {
		var out gowsdlResponse
		err := client.CallContext(ctx, nsMessages+"/AddImGroup", &gowsdlRequest{DisplayName: groupName}, &out)
		if err != nil {
			return err
		}
		return check(out.ImGroup.DisplayName, out.ImGroup.ExchangeStoreID.ID)
	}, hc.CloseIdleConnections, nil
}

// makeGosoap uses gosoap, which reads the operation from a service description.
func makeGosoap(t *http.Transport, wsdl string) (func(context.Context) error, func(), error) {
	hc := &http.Client{Transport: t}
	client, err := gosoap.SoapClient(wsdl, hc)
	if err != nil {
		return nil, nil, err
	}
	return func(context.Context) error { // it takes no context
		res, err := client.Call("AddImGroup", gosoap.Params{"DisplayName": groupName})
		if err != nil {
			return err
		}
		var out addImGroupResponse
		if err := res.Unmarshal(&out); err != nil {
			return err
		}
		return check(strings.TrimSpace(out.ImGroup.DisplayName), out.ImGroup.ExchangeStoreID.ID)
	}, hc.CloseIdleConnections, nil
}
