package kerberos

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/md4" //nolint:staticcheck,gosec // RC4 keys are made with it (RFC 4757 section 2)
)

// A secret proves who the client is: a password or the keys of a keytab.
type secret interface {
	// usable returns those encryption types that the secret has a key of.
	usable(etypes []int32) []int32
	// key returns the key of one encryption type. Version 0 stands for the newest.
	key(p keyParams, version int) (types.EncryptionKey, error)
}

// keyParams are a KDC's parameters of a key of the account (ETYPE-INFO2, RFC 4120 section 5.2.7.5).
type keyParams struct {
	etype      int32
	salt       string
	iterations []byte
}

// paramsOf reads a KDC's parameters of the account's keys, in the order of its preference. Where
// the KDC sends none, they have the standard salt (RFC 4120 section 4).
func paramsOf(data types.PADataSequence, who account, etypes []int32) ([]keyParams, error) {
	standard := who.realm + strings.Join(who.name.NameString, "")
	var found []keyParams
	for _, d := range data {
		switch d.PADataType {
		case patype.PA_ETYPE_INFO2:
			var list types.ETypeInfo2
			if err := list.Unmarshal(d.PADataValue); err != nil {
				return nil, fmt.Errorf("the KDC's list of encryption types: %w", err)
			}
			found = found[:0] // it outranks an older list
			for _, e := range list {
				found = append(found, keyParams{e.EType, e.Salt, e.S2KParams})
			}
		case patype.PA_PW_SALT:
			standard = string(d.PADataValue)
		}
	}
	found = slices.DeleteFunc(found, func(p keyParams) bool { return !slices.Contains(etypes, p.etype) })
	if len(found) == 0 {
		for _, e := range etypes {
			found = append(found, keyParams{etype: e, salt: standard})
		}
	}
	return found, nil
}

const maxIterations = 1 << 20

type password string

func (password) usable(etypes []int32) []int32 { return etypes }

// key is the string-to-key function. gokrb5 makes wrong RC4 keys of passwords with characters beyond
// ASCII (crypto/rfc4757 counts bytes where it reads characters), and a KDC would count those as wrong
// passwords.
func (p password) key(params keyParams, _ int) (types.EncryptionKey, error) {
	key := types.EncryptionKey{KeyType: params.etype}
	if params.etype == etypeID.RC4_HMAC {
		key.KeyValue = rc4Key(string(p))
		return key, nil
	}
	etype, err := crypto.GetEtype(params.etype)
	if err != nil {
		return key, err
	}
	iterations := etype.GetDefaultStringToKeyParams()
	if len(params.iterations) == 4 {
		// 0 stands for 2^32 (RFC 3962 section 4), which takes an hour.
		if n := binary.BigEndian.Uint32(params.iterations); n == 0 || n > maxIterations {
			return key, fmt.Errorf("the KDC asks for %d iterations to make the key, which is none of Active Directory's or MIT's", n)
		}
		iterations = hex.EncodeToString(params.iterations)
	}
	key.KeyValue, err = etype.StringToKey(string(p), params.salt, iterations)
	return key, err
}

// rc4Key is the string-to-key function of RFC 4757 section 2.
func rc4Key(password string) []byte {
	h := md4.New() //nolint:gosec // as above
	for _, unit := range utf16.Encode([]rune(password)) {
		_, _ = h.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return h.Sum(nil)
}

type keytabKeys struct {
	keys *keytab.Keytab
	who  account
}

func (k keytabKeys) usable(etypes []int32) []int32 {
	return slices.DeleteFunc(slices.Clone(etypes), func(etype int32) bool {
		_, err := k.key(keyParams{etype: etype}, 0)
		return err != nil
	})
}

func (k keytabKeys) key(p keyParams, version int) (types.EncryptionKey, error) {
	key, _, err := k.keys.GetEncryptionKey(k.who.name, k.who.realm, version, p.etype)
	return key, err
}
