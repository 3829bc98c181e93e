package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/go-ews/exchange/imgroup"
)

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the groups and their contacts", Args: cobra.NoArgs,
		RunE: a.connected(func(ctx context.Context, _ []string) error { return a.list(ctx, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, with ids")
	return cmd
}

// list shows the whole list, the built-in groups included.
func (a *app) list(ctx context.Context, asJSON bool) error {
	items, err := a.client.GetImItemList(ctx, imgroup.ListQuery{})
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(a.process.Stdout, viewOf(items))
	}
	return writeTable(a.process.Stdout, items)
}

func writeTable(out io.Writer, items *imgroup.ItemList) error {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 8, 2, ' ', 0)
	writeRow(w, "GROUP", "KIND", "CONTACT", "ADDRESS")
	for i := range items.Groups {
		writeGroup(w, &items.Groups[i], items.ContactsOf(items.Groups[i].ExchangeStoreID))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
	_, err := fmt.Fprintf(out, "%d groups, %d contacts\n", len(items.Groups), len(items.Personas))
	return err
}

// writeGroup writes a row for each contact of a group, the first with the group's name.
func writeGroup(w io.Writer, g *imgroup.ImGroup, contacts []imgroup.Persona) {
	name, kind := printable(g.DisplayName), kindOf(g.GroupType)
	if len(contacts) == 0 {
		writeRow(w, name, kind, "", printable(g.SMTPAddress))
	}
	for i := range contacts {
		writeRow(w, name, kind, printable(contacts[i].DisplayName), printable(addressOf(&contacts[i])))
		name, kind = "", ""
	}
}

func writeRow(w io.Writer, cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }

func kindOf(t imgroup.GroupType) string {
	switch {
	case t.BuiltIn():
		return "built in"
	case t == imgroup.UserGroup:
		return "group"
	case t == imgroup.DistributionGroup:
		return "distribution group"
	}
	return printable(string(t))
}

// addressOf returns a contact's address, or the number of a telephone.
func addressOf(p *imgroup.Persona) string {
	if p.ImAddress == "" && len(p.Phones) > 0 {
		return p.Phones[0].Number
	}
	return p.ImAddress
}

// printable quotes a text that would upset a terminal or the table.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// listView is the list in JSON, with the ids that a roster leaves out.
type listView struct {
	Groups []groupView `json:"groups"`
}

type groupView struct {
	Name     string        `json:"name"`
	Type     string        `json:"type"`
	ID       string        `json:"id"`
	Address  string        `json:"address,omitempty"`
	Contacts []contactView `json:"contacts"`
}

type contactView struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
	ID      string `json:"id"`
}

func viewOf(items *imgroup.ItemList) listView {
	view := listView{Groups: []groupView{}}
	for _, g := range items.Groups {
		v := groupView{
			Name: g.DisplayName, Type: string(g.GroupType), ID: g.ExchangeStoreID.ID,
			Address: g.SMTPAddress, Contacts: []contactView{},
		}
		for _, p := range items.ContactsOf(g.ExchangeStoreID) {
			id, _ := p.ContactID()
			v.Contacts = append(v.Contacts, contactView{p.DisplayName, addressOf(&p), id.ID})
		}
		view.Groups = append(view.Groups, v)
	}
	return view
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
