package ews

import (
	"github.com/go-ews/exchange/imgroup"
	"github.com/go-ews/exchange/soap"
)

// Attributed values are pairs of t:Value and t:Attributions, in arrays of them.

func readAttributedStrings(r *soap.Reader, list []imgroup.AttributedString) ([]imgroup.AttributedString, error) {
	err := eachAttributed(r, func() (err error) {
		list = append(list, imgroup.AttributedString{})
		v := &list[len(list)-1]
		v.Attributions, err = readAttributed(r, func() (err error) {
			v.Value, err = r.Text()
			return err
		})
		return err
	})
	return list, err
}

func readAttributedEmails(r *soap.Reader, list []imgroup.AttributedEmail) ([]imgroup.AttributedEmail, error) {
	err := eachAttributed(r, func() (err error) {
		list = append(list, imgroup.AttributedEmail{})
		v := &list[len(list)-1]
		v.Attributions, err = readAttributed(r, func() (err error) {
			v.EmailAddress, err = readEmail(r)
			return err
		})
		return err
	})
	return list, err
}

func readAttributedPhones(r *soap.Reader, kind string, list []imgroup.AttributedPhone) ([]imgroup.AttributedPhone, error) {
	err := eachAttributed(r, func() (err error) {
		list = append(list, imgroup.AttributedPhone{Kind: kind})
		v := &list[len(list)-1]
		v.Attributions, err = readAttributed(r, func() (err error) {
			v.PhoneNumber, err = readPhone(r)
			return err
		})
		return err
	})
	return list, err
}

// eachAttributed calls read for each child of an array. The schema gives every kind of array one
// kind of child, so its name does not matter.
func eachAttributed(r *soap.Reader, read func() error) error {
	for {
		local, err := nextType(r)
		if local == "" {
			return err
		}
		if err := read(); err != nil {
			return err
		}
	}
}

// readAttributed reads one pair: value is called on t:Value; the attributions are returned.
func readAttributed(r *soap.Reader, value func() error) (attributions []string, err error) {
	for {
		local, err := nextType(r)
		if local == "" {
			return attributions, err
		}
		switch local {
		case "Value":
			err = value()
		case "Attributions":
			attributions, err = readStrings(r, "Attribution", attributions)
		default:
			err = r.Skip()
		}
		if err != nil {
			return attributions, err
		}
	}
}
