package imsync

import (
	"slices"

	"github.com/go-ews/exchange/imgroup"
)

// match pairs desired groups with groups of the list: by name first, so that a group whose name is
// desired is never renamed, then by the id under which it was given, then by its former name. In a
// restored roster former names come from ids, and count first.
func (d *differ) match(restored bool) {
	d.matched, d.renamed = map[*group]*desiredGroup{}, map[*group]string{}
	d.byName = map[string]*group{}
	d.twins = d.list.twins()
	if restored {
		d.matchFormer()
	}
	for i := range d.groups {
		w := &d.groups[i]
		g := d.list.target(w.name)
		if g == nil || d.isTwin(w.name) || d.isTwin(g.name) || d.renamed[g] != "" {
			continue
		}
		d.pair(g, w)
	}
	for i := range d.groups {
		w := &d.groups[i]
		if d.byName[imgroup.NameKey(w.name)] == nil && !d.leavesAlone(w.name) {
			d.rename(d.givenAs(w.name), w)
		}
	}
	d.matchFormer()
	for i := range d.groups {
		w := &d.groups[i]
		if w.alone = d.leavesAlone(w.name); w.alone {
			d.alone = append(d.alone, w)
		}
	}
}

// matchFormer matches groups by the former names of desired ones.
func (d *differ) matchFormer() {
	for i := range d.groups {
		w := &d.groups[i]
		if w.former == "" || d.byName[imgroup.NameKey(w.name)] != nil || d.leavesAlone(w.name) || d.isTwin(w.former) {
			continue
		}
		g := d.list.group(w.former)
		if g == nil { // a person has renamed it since, perhaps after this service
			g = d.givenAs(w.former)
		}
		d.rename(g, w)
	}
}

// pair matches a group. Two desired groups may be the same built-in one, by its name in two languages;
// it then has the contacts of both.
func (d *differ) pair(g *group, w *desiredGroup) {
	d.byName[imgroup.NameKey(w.name)] = g
	first := d.matched[g]
	if first == nil {
		d.matched[g] = w
		return
	}
	for _, e := range w.entries {
		first.add(e)
	}
	first.index()
	w.entries = nil
}

// rename matches a group of another name, unless it is no user group or has a match.
func (d *differ) rename(g *group, w *desiredGroup) {
	if g == nil || g.kind != imgroup.UserGroup || d.matched[g] != nil {
		return
	}
	d.pair(g, w)
	d.renamed[g] = w.name
}

// givenAs returns the group that the service made under that name, and that a person has renamed: but
// not to another name of the roster, for which it then stands.
func (d *differ) givenAs(name string) *group {
	for _, g := range d.list.groups {
		owned := d.owned.groups[g.id.ID]
		if owned != nil && owned.made && d.matched[g] == nil && !d.isTwin(g.name) &&
			imgroup.NameKey(owned.name) == imgroup.NameKey(name) {
			return g
		}
	}
	return nil
}

// leavesAlone reports whether the plan has no step for the desired group of that name.
func (d *differ) leavesAlone(name string) bool { return d.isTwin(name) || d.isAbsent(name) }

// isTwin reports whether several groups of the list have that name.
func (d *differ) isTwin(name string) bool { return d.twins[imgroup.NameKey(name)] != nil }

// isAbsent reports whether the name is that of a built-in group that the list lacks, as one that was
// never used may. The server makes it with the first write.
func (d *differ) isAbsent(name string) bool {
	return builtIn(name) != "" && d.byName[imgroup.NameKey(name)] == nil && d.list.group(name) == nil
}

// target returns the group that takes the contacts of a desired group: the one of that name, or the
// built-in one that the server calls by a name in another language.
func (l *list) target(name string) *group {
	if g := l.group(name); g != nil && takesContacts(g.kind) {
		return g
	}
	return l.ofKind(builtIn(name))
}

// ofKind returns the built-in group of a kind, or nil; a list has at most one of each.
func (l *list) ofKind(kind imgroup.GroupType) *group {
	i := slices.IndexFunc(l.groups, func(g *group) bool { return g.kind == kind && kind.BuiltIn() })
	if i < 0 {
		return nil
	}
	return l.groups[i]
}

// builtIn returns the type of the built-in group with that name in a roster, "" for any other name.
func builtIn(name string) imgroup.GroupType {
	switch imgroup.NameKey(name) {
	case imgroup.NameKey("Favorites"):
		return imgroup.Favorites
	case imgroup.NameKey("Other Contacts"):
		return imgroup.OtherContacts
	}
	return ""
}

// takesContacts reports whether a roster may list contacts of groups of this type.
func takesContacts(t imgroup.GroupType) bool {
	return t == imgroup.UserGroup || t == imgroup.Favorites || t == imgroup.OtherContacts
}
