package ewstest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ews/exchange/ews"
)

const prolog = `<?xml version="1.0" encoding="utf-8"?>`

// envelope wraps what body writes in an envelope with the server's version in its header.
func (s *Server) envelope(body func(*writer)) []byte {
	var w writer
	v := s.version
	w.raw(prolog)
	w.open("s:Envelope", "xmlns:s", envelopeSpace)
	w.open("s:Header")
	attrs := []string{
		"MajorVersion", strconv.Itoa(v.Major), "MinorVersion", strconv.Itoa(v.Minor),
		"MajorBuildNumber", strconv.Itoa(v.MajorBuild), "MinorBuildNumber", strconv.Itoa(v.MinorBuild),
	}
	if v.Version != "" {
		attrs = append(attrs, "Version", v.Version)
	}
	w.empty("h:ServerVersionInfo", append(attrs, "xmlns:h", typesSpace)...)
	w.close("s:Header")
	w.open("s:Body",
		"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xmlns:xsd", "http://www.w3.org/2001/XMLSchema",
		"xmlns:m", messagesSpace, "xmlns:t", typesSpace)
	body(&w)
	w.close("s:Body")
	w.close("s:Envelope")
	return w.buf
}

// success answers with the response element of op: NoError, then the payload.
func (s *Server) success(op string, payload []byte) *answer {
	return xmlAnswer(http.StatusOK, s.envelope(func(w *writer) {
		name := "m:" + op + "Response"
		w.open(name, "ResponseClass", "Success")
		w.text("m:ResponseCode", string(ews.NoError))
		w.buf = append(w.buf, payload...)
		w.close(name)
	}))
}

// refusal answers with the response message of op that says what is wrong, and with HTTP 200, as
// for a success.
func (s *Server) refusal(op string, e *ews.Error) *answer {
	path := messagePath(op)
	outer, message := path[:len(path)-1], path[len(path)-1]
	return xmlAnswer(http.StatusOK, s.envelope(func(w *writer) {
		for _, name := range outer {
			w.open(name)
		}
		w.open(message, "ResponseClass", "Error")
		w.optional("m:MessageText", messageOf(e))
		w.text("m:ResponseCode", string(e.Code))
		w.text("m:DescriptiveLinkKey", "0")
		if len(e.Details) > 0 {
			w.open("m:MessageXml")
			w.values(e.Details)
			w.close("m:MessageXml")
		}
		for _, name := range slices.Backward(path) {
			w.close(name)
		}
	}))
}

// messagePath returns the elements from the child of soap:Body to the one that carries
// ResponseClass and ResponseCode. Microsoft's schema has five forms; the operations that may come in
// a batch, which most are, have one message for each item.
func messagePath(op string) []string {
	op = strings.TrimSuffix(op, "Request") // the requests of some are called so
	response := "m:" + op + "Response"
	switch {
	case strings.Contains(singleMessage, " "+op+" "):
		return []string{response}
	case op == "GetPersona":
		return []string{response + "Message"}
	case op == "GetUserOofSettings", op == "SetUserOofSettings":
		return []string{response, "m:ResponseMessage"}
	case op == "GetUserAvailability":
		return []string{response, "m:FreeBusyResponseArray", "m:FreeBusyResponse", "m:ResponseMessage"}
	}
	return []string{response, "m:ResponseMessages", response + "Message"}
}

// singleMessage has the operations whose response element extends the schema's ResponseMessageType,
// each between blanks.
const singleMessage = " AddDelegate AddDistributionGroupToImList AddImContactToGroup AddImGroup " +
	"AddNewImContactToGroup AddNewTelUriContactToGroup AddTag CreateMeetingInstance " +
	"DeleteMeetingInstance DeleteSearchSuggestion DisableApp DisconnectPhoneCall EndSearchSession " +
	"ExecuteSearch FindAvailableMeetingTimes FindConversation FindMeetingTimeCandidates " +
	"FindMessageTrackingReport FindPeople FindTags GetAppManifests GetAppMarketplaceUrl GetDelegate " +
	"GetDiscoverySearchConfiguration GetHoldOnMailboxes GetImItemList GetImItems GetInboxRules " +
	"GetLastPrivateCatalogUpdate GetMailTips GetMeetingInstance GetMessageTrackingReport " +
	"GetNonIndexableItemDetails GetNonIndexableItemStatistics GetOMEConfiguration " +
	"GetOMEMessageStatus GetPasswordExpirationDate GetPhoneCallInformation " +
	"GetPrivateCatalogAddIns GetReminders GetRoomLists GetRooms GetSearchSuggestions " +
	"GetSearchableMailboxes GetServiceConfiguration GetSharingFolder GetSharingMetadata GetUserPhoto " +
	"GetUserRetentionPolicyTags HideTag InstallApp PerformInstantSearch PerformReminderAction " +
	"PlayOnPhone RefreshSharingFolder RegisterConsent RemoveContactFromImList RemoveDelegate " +
	"RemoveDistributionGroupFromImList RemoveImContactFromGroup RemoveImGroup SetHoldOnMailboxes " +
	"SetImGroup SetImListMigrationCompleted SetOMEConfiguration SetOMEMessageStatus SetTeamMailbox " +
	"StartSearchSession UninstallApp UnpinTeamMailbox UpdateDelegate UpdateExtensionUsage " +
	"UpdateInboxRules UpdateMeetingInstance "

// values writes the entries of a MessageXml, ordered by name.
func (w *writer) values(details map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(details)) {
		w.text("t:Value", details[name], "Name", name)
	}
}
