package main

import (
	"slices"
	"testing"
)

// TestPostgreSQL_Removal has runs halted, let through and undone, and writes fenced, by PostgreSQL.
func TestPostgreSQL_Removal(t *testing.T) {
	t.Parallel()
	database := freshDatabase(t)
	w := newTripwire(t, 0)
	flags := []string{"--endpoint", w.endpoint, "--auth", "none", "--database", database}
	command(t.Context(), append(flags, rows(t, 3, 20))...).must(t, statusInStep)
	args := slices.Concat(flags, []string{"--remove", "owned", rows(t, 2, 10)})
	command(t.Context(), args...).must(t, statusHalted, "20 of 40 memberships would be removed")
	got := command(t.Context(), append(args, "--allow-removals")...)
	got.must(t, statusInStep, "2 in step (2 changed, 20 steps)")
	command(t.Context(), append(connected("restore", flags), "--run", got.runOf(t))...).must(t, statusInStep, "20 steps")
	if n := len(w.members("m0@contoso.com")["Sales"]); n != 20 {
		t.Errorf("%d contacts after the restore, want 20", n)
	}
	command(t.Context(), connected("runs", flags[4:])...).must(t, statusInStep, "restore", "nothing was written")
	command(t.Context(), append(connected("audit", flags[4:]), "--run", got.runOf(t))...).must(t, statusInStep,
		`"operation":"RemoveImContactFromGroup","what":"c10@contoso.com from group \"Sales\""`)
	takenOver(t, openForTest(t, database))
}
