package imsync

// rehearse applies the steps to the list alone, to find a conflict or an exceeded limit before anything
// is sent. The list cannot be used afterwards.
func rehearse(l *list, steps []Step, o *Options) error {
	var groups, contacts int // the most after an addition
	for _, s := range steps {
		w, err := s.next(l)
		for w != nil && err == nil {
			w.done()
			w = nil
			if s.Kind.repeats() {
				w, err = s.next(l) // another contact may have the same address
			}
		}
		if err != nil {
			return err
		}
		g, c := l.sizes()
		switch s.Kind {
		case AddGroup, AddDistributionGroup:
			groups = max(groups, g)
		case AddContact, AddTelephone:
			contacts = max(contacts, c)
		}
	}
	finalGroups, finalContacts := l.sizes()
	if o.MaxGroups > 0 && groups > o.MaxGroups {
		return &LimitError{"groups", groups, o.MaxGroups, finalGroups}
	}
	if o.MaxContacts > 0 && contacts > o.MaxContacts {
		return &LimitError{"contacts", contacts, o.MaxContacts, finalContacts}
	}
	return nil
}
