package ewstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-ews/exchange/ews/ewstest"
)

func distributionGroup(address, name string) string {
	return `<m:AddDistributionGroupToImList><m:SmtpAddress>` + address + `</m:SmtpAddress><m:DisplayName>` +
		name + `</m:DisplayName></m:AddDistributionGroupToImList>`
}

// addDistributionGroup makes one and returns its id.
func addDistributionGroup(t *testing.T, s *ewstest.Server, address, name string) string {
	t.Helper()
	return must(t, s, "", distributionGroup(address, name)).find("ExchangeStoreId").attr("Id")
}

func removeDistributionGroup(id string) string {
	return `<m:RemoveDistributionGroupFromImList>` + groupID(id) + `</m:RemoveDistributionGroupFromImList>`
}

func TestDistributionGroup_AddAndRemove(t *testing.T) {
	t.Parallel()
	s := ewstest.NewServer(nil)
	n := must(t, s, "", distributionGroup("sales@contoso.com", "Sales"))
	got := [...]string{n.text("DisplayName"), n.text("GroupType"), n.text("SmtpAddress")}
	want := [...]string{"Sales", "IPM.DistList.MOC.DG", "sales@contoso.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	id := n.find("ExchangeStoreId").attr("Id")
	must(t, s, "", removeDistributionGroup(id))
	if got := len(s.Groups("")); got != 0 {
		t.Errorf("%d groups are left, want none", got)
	}
	if code, _ := call(t, s, "", removeDistributionGroup(id)); code != "ErrorItemNotFound" {
		t.Errorf("removed twice: %q, want ErrorItemNotFound", code)
	}
}

func TestDistributionGroup_Refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ request, code string }{
		"no address":     {distributionGroup("sales", "S"), "ErrorInvalidImDistributionGroupSmtpAddress"},
		"two addresses":  {distributionGroup("a@b.c;d@e.f", "S"), "ErrorInvalidImDistributionGroupSmtpAddress"},
		"no domain":      {distributionGroup("a@", "S"), "ErrorInvalidImDistributionGroupSmtpAddress"},
		"address exists": {distributionGroup("ALL@contoso.com", "S"), "ErrorImGroupDisplayNameAlreadyExists"},
		"name exists":    {distributionGroup("b@contoso.com", "all"), "ErrorImGroupDisplayNameAlreadyExists"},
		"without name": {
			`<m:AddDistributionGroupToImList><m:SmtpAddress>a@b.c</m:SmtpAddress></m:AddDistributionGroupToImList>`,
			"ErrorSchemaValidation",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ewstest.NewServer(nil)
			addDistributionGroup(t, s, "all@contoso.com", "All")
			if code, _ := call(t, s, "", test.request); code != test.code {
				t.Errorf("code %q, want %q", code, test.code)
			}
		})
	}
}
