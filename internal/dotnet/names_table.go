package dotnet

import "unicode"

var nameStartTable = unicode.L
var nameRestTable = unicode.Nd
