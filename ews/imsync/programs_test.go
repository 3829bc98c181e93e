package imsync_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// logging makes programs note their actions.
var logging = os.Getenv("EWS_OWNERSHIP_SEED") != ""

// overHTTP is how many programs there are for one that runs over HTTP.
const overHTTP = 50

// keptSeeds are the programs that have found a fault.
var keptSeeds = []uint64{
	1948,         // a person renames a group before the record has it
	61,           // a contact has the address of an owned one as a further address
	70,           // a kept plan adds what a person has added by then, and the process is killed
	6572,         // a kept plan renames a group that is gone
	10236,        // a kept plan renames a group to a name that another one has by then
	12884908175,  // a person adds the planned contacts to a group before the service renames it
	8589936050,   // a removal meets a person's contact that has the address as a further address
	4294970041,   // a group has two contacts of one number
	4294974365,   // a person adds again, in the same run, what the service has just removed
	30064771175,  // a run that adopts renames a group by its former name
	8589942010,   // a record is restored that was made after the service had removed something
	25769810238,  // a person renames a new group to a planned name before the list is read back
	9909,         // the record of a kept plan is restored after a person has renamed a new group
	30064773767,  // a person's contact is put back into a group with a member that the list does not describe
	60129543278,  // a restore renames a group away from the name of one that it makes, and is killed
	17179875476,  // a restore cannot rename a group away from the name of one that it makes
	12884922779,  // a kept plan makes a group that a person has made by then, and removes again
	21424,        // a person renames a group to another wanted name before a removal
	42949675546,  // a record is restored that was made after a removal, and the contact was added again
	55834589421,  // a record is restored that lacks what a restore had put back for a person
	51539618700,  // a person renames a group that a restore has made again, and that is restored once more
	30064786663,  // a person renames a group to a wanted name after the record was made, and a kill follows the additions to it
	12884922995,  // the same
	34359756152,  // a group that was given has the name of a person's group that a restore puts back
	47244735371,  // a kept plan meets a person's contact in place of the owned one that the person had removed
	30064798167,  // a person's contact has a planned address as a further one, and the last Save fails
	55834662285,  // a group that is to be renamed is gone and made again, and the last Save is lost
	8589998370,   // a person makes an addition that is pending in an older record, before a run reads the list
	8590020450,   // a person renames a new group, and the process is killed while it keeps the last record
	60129623502,  // a restore's write is late, and a person renames its group in another run
	25769922102,  // a person renames a group once more after the service, which is killed
	12885046371,  // the same, after a response that was lost
	60129684270,  // a planned contact leaves the list, and a person's contact has its address as a further one
	8590114450,   // a contact was added by a further address, and another contact gets that address: no owner
	8590043426,   // a person's contact has, as a further address, that of an addition in an older record
	38654908105,  // an adopting run is interrupted, after a person renamed the group and made a planned addition
	60129766814,  // a run reads the list after a lost write and fails, and a person makes the group later
	4295241377,   // a group has a person's contact that the list has twice, with a planned address as a further one
	25770066790,  // a person adds a contact in the instant before a removal of the group that is late
	42949933946,  // a restore renames two groups, and the second has the backup's name of the first
	25770070214,  // the same, and the backup has a removed group with the present name of the second
	4295270177,   // a person renames a new group to another planned name, and the next Save fails
	8590295314,   // the same, and the process is killed
	8590264962,   // a person removes an owned contact, the run reads the list, and the person adds it again
	47244946843,  // a group of a backup has the name that another group had then, and both are in the list
	38655014137,  // a person renames a new group, and the process is killed when the record is kept once more
	47244960555,  // the renaming of a restore is late
	12885267187,  // a run removes a contact, and adds it again in its next round, after which there is another one
	4295327217,   // a contact was added by a further address, and another contact gets it before the list is read
	60130157550,  // a person removes a group that the service has renamed, and makes one of its new name
	38655321001,  // a restore renames an owned group that was a person's in the backup, and a person renames it
	12885555107,  // a group is made in place of one that was to be renamed, and a person renames it
	30065492583,  // the same, and the process is killed
	120259211132, // a planned contact goes to another group of the name, and the process is killed
	111669358650, // a restore is killed after it made a group whose name another one had
	124554235261, // a person renames a new group to a planned name, and the outcome of that addition is unknown
	21475437733,  // two wanted groups claim one group, by the name under which it was given and by its present one
	64425219023,  // a planned contact goes to a second group of its name after the outcome of the first write was unknown, and Save fails
	38654747353,  // a person renames a new group, and the record that is kept once more knows it by its id
	4295363601,   // a person puts a second contact of an address into a group that has the first from the service
	12885326547,  // a person adds a planned distribution group, and the process is killed after the record was kept once more
}

// The bits of a seed that add to its program. A kept seed without them stays the program that it was.
const (
	builtIns  = 1 << (32 + iota) // the roster names Favorites and Other Contacts too
	lateness                     // a write whose response is lost may be executed later
	restoring                    // the list is backed up, and restored at the end
	between                      // and restored between other runs too
	features  = iota
)

// TestOwnership_Programs runs random programs of three actors: a directory that changes, a person
// who edits the list at any time, and faults: each kind of fault of ews' suite, writes that the server
// executes after their response was lost, a kill at any request and any Save, records that are lost or
// replaced by older ones, and kept as JSON in one program of four. The test compares the list
// before and after each action to note who made each thing, and decides by the words of the
// documentation what must follow, without any code of the package.
//
// EWS_OWNERSHIP_PROGRAMS is the number of programs. A failing one has its seed in the output: run it with
// EWS_OWNERSHIP_SEED to see its actions, and add it to keptSeeds.
func TestOwnership_Programs(t *testing.T) {
	t.Parallel()
	kinds := recordFaults(t)
	if text := os.Getenv("EWS_OWNERSHIP_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		playOne(t, seed, kinds)
		return
	}
	n, err := strconv.ParseUint(os.Getenv("EWS_OWNERSHIP_PROGRAMS"), 10, 64)
	if err != nil {
		n = 500
	}
	var (
		mu  sync.Mutex
		all = figures{}
	)
	workers := uint64(runtime.GOMAXPROCS(0))
	t.Run("programs", func(t *testing.T) {
		for w := range workers {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				own := figures{}
				for i := w; i < n+uint64(len(keptSeeds)) && !t.Failed(); i += workers {
					seed := i + i%(1<<features)<<32
					if i >= n {
						seed = keptSeeds[i-n]
					}
					own.add(playOne(t, seed, kinds))
				}
				mu.Lock()
				defer mu.Unlock()
				all.add(own)
			})
		}
	})
	if t.Failed() {
		return
	}
	t.Logf("no program is in violation:\n%v", all)
	if n < 500 {
		return
	}
	for _, what := range actions {
		if all[what] == 0 {
			t.Errorf("no %s: an actor did nothing", what)
		}
	}
	for _, kind := range kinds {
		if all["fault: "+kind.name] == 0 {
			t.Errorf("no request met: %s", kind.name)
		}
	}
}

// actions are the figures that must not be 0.
var actions = []string{
	"over HTTP", "removals", "edits", "doubts", "kills at a request", "kills in Save", "failures of Save", "lost records",
	"stale records", "runs that adopt", "runs that remove all", "plans applied later", "brakes", "conflicts", "limits",
	"late executions", "backups", "restores",
}

// playOne plays the program of a seed and returns its figures.
func playOne(t *testing.T, seed uint64, kinds []recorded) (f figures) {
	t.Helper()
	play := func(t *testing.T, overHTTP bool) {
		t.Helper()
		p := newProgram(t, seed, kinds, overHTTP)
		p.play()
		f = p.figures
		if len(p.violations) > 0 {
			t.Errorf("EWS_OWNERSHIP_SEED=%d:\n%s\nthe list:\n%s\n%s", seed, strings.Join(p.violations, "\n"), p.now.String(), strings.Join(p.log, "\n"))
		}
	}
	if seed%(1<<32)%overHTTP != 0 {
		play(t, false)
		return f
	}
	synctest.Test(t, func(t *testing.T) { play(t, true) }) // the client waits between attempts
	return f
}

// TestOwnership_RenamedTwice has a person rename an owned group to another name of the roster. The group
// that replaces it under its old name stays one group when it is renamed too.
func TestOwnership_RenamedTwice(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	rename := func(from, to string) {
		if err := m.client.SetImGroup(t.Context(), m.group(from), to); err != nil {
			t.Fatal(err)
		}
	}
	m.sync(team("A", "a@contoso.com"))
	rename("A", "B")
	m.sync(team("A", "a@contoso.com"), team("B", "b@contoso.com"))
	second := m.group("A").ID
	rename("A", "C")
	m.sync(team("A", "a@contoso.com"), team("B", "b@contoso.com"))
	if got := m.group("A").ID; got != second {
		t.Errorf("group A is %s, and was given as %s", got, second)
	}
}
