module github.com/go-ews/exchange/internal/bench

go 1.26.0

require (
	github.com/Azure/go-ntlmssp v0.1.1
	github.com/go-ews/exchange v0.0.0
	github.com/hooklift/gowsdl v0.5.0
	github.com/tiaguinho/gosoap v1.4.4
	gonum.org/v1/plot v0.17.0
)

require (
	codeberg.org/go-fonts/liberation v0.5.0 // indirect
	codeberg.org/go-latex/latex v0.2.0 // indirect
	codeberg.org/go-pdf/fpdf v0.11.1 // indirect
	git.sr.ht/~sbinet/gg v0.7.0 // indirect
	github.com/ajstarks/svgo v0.0.0-20211024235047-1546f124cd8b // indirect
	github.com/golang/freetype v0.0.0-20170609003504-e2365dfdc4a0 // indirect
	golang.org/x/image v0.30.0 // indirect
	golang.org/x/net v0.0.0-20201021035429-f5854403a974 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/text v0.28.0 // indirect
)

replace github.com/go-ews/exchange => ../..
