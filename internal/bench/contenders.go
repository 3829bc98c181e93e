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

// contender is a client under measurement: it makes a call function for one configuration. Close
// gives its connections back.
type contender struct {
	name string
	make func(srv *server, secure bool) (call func(context.Context) error, closeIdle func(), err error)
}

const groupName = "MyCustomGroup"

// contenders in the order of the table; the first is the floor.
func contenders() []contender {
	return []contender{
		{"net/http POST (floor)", makeFloor},
		{"this module", makeClient},
		{"encoding/xml, tuned transport", func(s *server, secure bool) (func(context.Context) error, func(), error) {
			return makeEncodingXML(s, secure, s.tuned())
		}},
		{"encoding/xml, default transport", func(s *server, secure bool) (func(context.Context) error, func(), error) {
			return makeEncodingXML(s, secure, s.untuned())
		}},
		{"gowsdl v0.5.0", makeGowsdl},
		{"gosoap v1.4.4", makeGosoap},
	}
}

// makeFloor posts ready-made bytes and reads the answer to its end.
func makeFloor(s *server, secure bool) (func(context.Context) error, func(), error) {
	client := &http.Client{Transport: s.tuned()}
	body := []byte(addImGroupRequest)
	url := s.url(secure) + "/EWS/Exchange.asmx"
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
func makeClient(s *server, secure bool) (func(context.Context) error, func(), error) {
	client, err := ews.NewClient(s.url(secure)+"/EWS/Exchange.asmx",
		&ews.Options{HTTPClient: &http.Client{Transport: s.tuned()}})
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

// check makes sure that a contender has decoded what was answered.
func check(name, id string) error {
	if name != groupName || id != storeID {
		return fmt.Errorf("wrong answer: name %q, id %q", name, id)
	}
	return nil
}

// The client that one writes by hand with encoding/xml.

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

func makeEncodingXML(s *server, secure bool, t *http.Transport) (func(context.Context) error, func(), error) {
	client := &http.Client{Transport: t}
	url := s.url(secure) + "/EWS/Exchange.asmx"
	return func(ctx context.Context) error {
		in := xmlRequest{Soap: nsEnvelope, T: nsTypes, M: nsMessages, DisplayName: groupName}
		in.Version.Version = "Exchange2013"
		body, err := xml.Marshal(in)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		answer, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		var out xmlResponse
		if err := xml.Unmarshal(answer, &out); err != nil {
			return err
		}
		g := out.Body.AddImGroupResponse.ImGroup
		return check(g.DisplayName, g.ExchangeStoreID.ID)
	}, client.CloseIdleConnections, nil
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
func makeGowsdl(s *server, secure bool) (func(context.Context) error, func(), error) {
	hc := &http.Client{Transport: s.tuned()}
	client := gowsdl.NewClient(s.url(secure)+"/EWS/Exchange.asmx", gowsdl.WithHTTPClient(hc))
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
func makeGosoap(s *server, secure bool) (func(context.Context) error, func(), error) {
	hc := &http.Client{Transport: s.tuned()}
	client, err := gosoap.SoapClient(s.url(secure)+"/service.wsdl", hc)
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
