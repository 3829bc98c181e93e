package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
)

// command is one of the words after imlist.
type command struct {
	name        string
	usage       string
	least, most int // arguments
	flags       []string
	run         func(ctx context.Context, a *app, args []string) error
}

func commands() []command {
	return []command{
		{"list", "list [-json]", 0, 0, []string{"json"}, list},
		{"add-group", "add-group [-smtp ADDRESS] NAME", 1, 1, []string{"smtp"}, addGroup},
		{"rename-group", "rename-group NAME NEWNAME", 2, 2, nil, renameGroup},
		{"remove-group", "remove-group NAME", 1, 1, nil, removeGroup},
		{
			"add-contact", "add-contact [-name NAME] [-sip-uri URI] GROUP ADDRESS", 2, 2,
			[]string{"name", "sip-uri"},
			addContact,
		},
		{"move-contact", "move-contact ADDRESS FROM TO", 3, 3, nil, moveContact},
		{"remove-contact", "remove-contact ADDRESS [GROUP]", 1, 2, nil, removeContact},
		{"export", "export [FILE]", 0, 1, nil, exportRoster},
		{"import", "import FILE", 1, 1, nil, importRoster},
		{"sync", "sync [-dry-run] [-prune] [-json] ROSTER.JSON", 1, 1, []string{"dry-run", "prune", "json"}, syncRoster},
	}
}

// choose finds the command that the arguments name and checks what it gets.
func choose(fs *flag.FlagSet, args []string) (command, []string, error) {
	if len(args) == 0 {
		return command{}, nil, errors.New("no command")
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return command{}, nil, fmt.Errorf("no command %q", args[0])
	}
	c, args := all[i], args[1:]
	if len(args) < c.least || len(args) > c.most {
		return command{}, nil, fmt.Errorf("%d arguments: want imlist %s", len(args), c.usage)
	}
	own := []string{"json", "dry-run", "prune", "name", "smtp", "sip-uri"} // of single commands
	var err error
	fs.Visit(func(f *flag.Flag) {
		if slices.Contains(own, f.Name) && !slices.Contains(c.flags, f.Name) {
			err = fmt.Errorf("-%s is not for this command: imlist %s", f.Name, c.usage)
		}
	})
	return c, args, err
}
