package ews_test

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/go-ews/exchange/ews"
	"github.com/go-ews/exchange/imgroup"
)

// TestMalformed_ForeignList holds that a list whose elements hold text or children, but none that
// the schema names, is no payload, and that what the schema does not name is skipped otherwise.
func TestMalformed_ForeignList(t *testing.T) {
	t.Parallel()
	const group, persona = "<t:ImGroup/>", `<t:Persona><t:PersonaId Id="p"/></t:Persona>`
	members := func(content string) string {
		return "<t:Groups><t:ImGroup><t:MemberCorrelationKey>" + content + "</t:MemberCorrelationKey></t:ImGroup></t:Groups>"
	}
	for content, right := range map[string]bool{
		"":                                       true,
		"<t:Groups/><t:Personas/>":               true,
		" <!-- --><t:Groups> </t:Groups>":        true,
		"<t:Groups/><t:Future><t:X/></t:Future>": true,
		"<t:Groups><t:Future/>" + group + "<x/></t:Groups>":                                   true,
		"<t:Personas><m:Persona/>" + persona + "</t:Personas><Personas><x/></Personas>":       true,
		"<t:Groups><t:Future/></t:Groups>":                                                    false,
		"<t:Groups><m:ImGroup/></t:Groups><t:Personas>" + persona + "</t:Personas>":           false,
		"<t:Groups>" + group + "</t:Groups><t:Personas><x:Persona xmlns:x='u'/></t:Personas>": false,
		"<t:Groups><t:Persona/></t:Groups>":                                                   false,
		"<m:Groups><m:ImGroup/></m:Groups>":                                                   false,
		"<t:ImGroup/>":                                                                        false,

		"<t:Groups/><m:Personas>" + persona + "</m:Personas>":                          true, // another namespace, another meaning
		"<t:Groups>\r\n\t</t:Groups><t:Personas><!-- x --> <![CDATA[ ]]></t:Personas>": true,
		"Service unavailable":       false,
		"<![CDATA[x]]>":             false,
		"&#160;":                    false,
		"<t:Groups>none</t:Groups>": false,
		"<t:Groups/><t:Personas>&lt;html></t:Personas>":     false,
		"<t:Groups><t:ImGroup>x</t:ImGroup></t:Groups>":     true,
		"<t:Groups>x</t:Groups><t:Personas/>":               false,
		"<t:Groups><!-- x -->x<!-- x --></t:Groups>":        false,
		members("<t:ItemId Id='a'/><t:Future>x</t:Future>"): true,
		members(" "):                   true,
		members("x"):                   false,
		members("<m:ItemId Id='a'/>"):  false,
		members("<t:Future/>") + group: false,
	} {
		for _, op := range []string{"GetImItemList", "GetImItems"} {
			doc := strings.ReplaceAll(emptyListResponse, "GetImItemList", op)
			doc = strings.Replace(doc, "<m:ImItemList/>", "<m:ImItemList>"+content+"</m:ImItemList>", 1)
			err := callOf(t, op)(t.Context(), connect(t, once(soapResponse(http.StatusOK, doc))))
			var broken *ews.TransportError
			if right && err != nil || !right && !errors.As(err, &broken) {
				t.Errorf("%s: %s: %v", op, content, err)
			}
		}
	}
	refused := strings.Replace(emptyListResponse, "<m:ImItemList/>", "<m:ImItemList><x/></m:ImItemList>", 1)
	refused = strings.Replace(refused, `ResponseClass="Success"`, `ResponseClass="Error"`, 1)
	var got *ews.Error
	if _, err := connect(t, once(soapResponse(200, refused))).GetImItemList(t.Context(), imgroup.ListQuery{}); !errors.As(err, &got) {
		t.Errorf("an error of the server: %v", err)
	}
}

// listOf is a response with that content of an ImItemList.
func listOf(content string) *wire {
	return soapResponse(http.StatusOK, strings.Replace(emptyListResponse, "<m:ImItemList/>",
		"<m:ImItemList>"+content+"</m:ImItemList>", 1))
}

// TestMalformed_EndlessList holds that a list has a bound: an empty element becomes 50 times as
// large in memory.
func TestMalformed_EndlessList(t *testing.T) {
	t.Parallel()
	const most = 128 << 10
	for _, tc := range []struct{ what, before, entry, after string }{
		{"groups", "<t:Groups>", "<t:ImGroup/>", "</t:Groups>"},
		{"personas", "<t:Personas>", "<t:Persona/>", "</t:Personas>"},
	} {
		list := tc.before + strings.Repeat(tc.entry, most) + tc.after + tc.before + tc.entry + tc.after
		_, err := connect(t, once(listOf(list))).GetImItemList(t.Context(), imgroup.ListQuery{})
		var broken *ews.TransportError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), "more than 131072 "+tc.what) {
			t.Errorf("%d %s and one more: %v", most, tc.what, err)
		}
	}
}

// TestMalformed_ManyPersonas holds that a list in many pieces is not copied for each of them.
//
//nolint:paralleltest // measures memory
func TestMalformed_ManyPersonas(t *testing.T) {
	const pieces = 2000
	client := connect(t, once(listOf(strings.Repeat("<t:Personas><t:Persona/></t:Personas>", pieces))))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, err := client.GetImItemList(t.Context(), imgroup.ListQuery{})
	runtime.ReadMemStats(&after)
	if err != nil || len(list.Personas) != pieces {
		t.Fatal(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 30<<20 {
		t.Errorf("%d bytes allocated for %d personas", got, pieces)
	}
}
