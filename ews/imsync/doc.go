// Package imsync puts the instant-messaging contact lists of mailboxes in step with a desired state. A
// sync can be repeated at any time.
//
// A [Roster] is the desired state: groups by name, with contacts by address, and distribution groups.
// [Sync] reads the mailbox's list, computes the difference, writes it, and reads the list back.
// Running it again changes nothing. [Diff] and [Apply] are its halves, for a plan that is reviewed in
// between; [Each] syncs many mailboxes at a time; [Export] returns the roster of a list, and
// [EnsureGroup] creates a single group.
//
// # Rules
//
//   - Nothing is removed unless [Options.Remove] says so, and no more than [Options.MaxRemovals] at a
//     time. Favorites and Other Contacts take contacts if the roster names them, but are never made,
//     renamed or removed; groups of types that this module does not know are never changed.
//   - Addresses are compared without "sip:", "smtp:" and "mailto:" and without case, names of groups
//     without case. A malformed address is refused before anything is sent.
//   - A removal names its group by exact name and id, and is sent once. A group that is to be removed
//     stays if it has members that the plan does not name. Groups of a list whose names differ in
//     case only are left alone, and noted in the plan.
//   - A kept plan is checked before anything is sent, and the members that the list has count, not
//     the numbers of the plan: see [Apply] and [Plan.Stale].
//   - Additions come before removals, so a move adds first and removes after: a contact that leaves its
//     last group leaves the list. If the addition fails, the contact stays where it is.
//   - If the list has no room for the additions, unwanted groups and contacts are removed first, and what
//     moves leaves as soon as it is in its new group.
//   - A list that would exceed the server's limits all the same, a name that a group of another kind has, and a
//     roster that contradicts itself are errors before the first write.
//   - A group is renamed only if [Group.FormerName] is set, or if a person has renamed one that the
//     service made.
//   - There is one write at a time per mailbox. If the outcome of a write is unknown, the list is read
//     back; the write is never just sent again.
//   - Members that cannot be compared, because the list does not describe them, stay in their groups.
//
// # Ownership
//
// A contact list belongs to the owner of the mailbox, who makes groups and adds contacts too. With
// [RemoveOwned] a sync removes nothing that it did not add. It compares three lists:
//
//	wanted             given                found
//	the roster         the record           the mailbox's list
//	+---------------+  +-----------------+  +------------------+
//	| Sales         |  | Sales           |  | Sales            |
//	|   anna        |  |   anna          |  |   anna           |  wanted and there: nothing to do
//	|   bert        |  |                 |  |                  |  wanted, not there: added, and owned from now on
//	|               |  |   carl          |  |   carl           |  given, not wanted: removed
//	|               |  |                 |  |   dora           |  a person's: stays
//	|   emil        |  |   emil          |  |                  |  a person removed it, but it is wanted: added again
//	|               |  | Temp            |  | Temp             |  the group was given too: removed when no
//	|               |  |   fred          |  |   fred           |    member is left in it that was not given
//	|               |  |                 |  | Family           |  a person's: stays
//	+---------------+  +-----------------+  +------------------+
//
// In detail:
//
//   - The record ([Ownership]) lists the groups that syncs made, by id, and the memberships that they
//     added: a membership is a contact in a group. Keep it, as JSON, for as long as the mailbox is
//     synced: [Options.Owned] takes it, [Applied.Owned] returns it, also after an error. Without it
//     nothing is owned, and so nothing is removed.
//   - A wanted membership that was there before the sync stays the person's, unless [Options.Adopt] is
//     set. A service that begins to keep a record sets Adopt in its first run, to own its earlier
//     additions.
//   - An owned group that a person has renamed is known by its id, and renamed back. If a person has
//     added members to it, it stays when it is no longer wanted, and the plan has a note.
//   - [Options.Save] is called before the first write, with the planned additions, and after the
//     last. If the process is killed in between, the next run reads the list and owns the planned
//     additions that it finds. In doubt, three things count as given: a planned addition that a
//     person makes by hand between the kill and that run; a membership that was given, and that
//     the person removed and added again between two runs, unless Exchange made a new contact for
//     it; and another contact of the address that the person puts in the place of a new one before
//     the list is read back.
//   - If the record is lost, or an older copy is restored, additions that it lacks have no owner, and
//     stay. A run with Adopt owns the wanted ones again.
//   - In favour of the person, four additions have no owner, and stay: one whose response was
//     lost, and which the server carries out only after the list was read back; a group that a
//     person renames between the kill and the next run, which looks the same as a person's; a
//     contact that has the wanted address as a further one, if another contact gets that address
//     before the list is read; and a contact with which a person adds another one of its address
//     before that.
//   - The record has the ids of contacts too. If an owned contact gets another address, it stays
//     owned; if a person adds another contact under the former address, or a second one under the
//     same, that one is the person's.
//   - A group is removed after the list was read once more. Exchange has no conditional removal: a
//     contact that a person adds in the instant between is removed with the group. The same holds for a
//     removal whose response was lost, and which the server carries out later. If a person renames
//     a group to another wanted name in the instant before a contact leaves it, it is added again.
//   - [Options.MaxRemovals] stops a plan that would remove too much, by default more than 10 % of the
//     memberships, before anything is sent: a roster that was cut off, or came out empty by mistake,
//     then does no harm.
//
// # Backup and restore
//
// [Options.Backup] is handed the list before a run first removes or renames anything, and
// [NewBackup] makes a [Backup] at any time. [Restore] puts back missing groups, names and
// memberships. It only adds, so what people did since stays, and it can be repeated. Ownership
// comes back too: the service's additions are owned again, those of a person are the person's. If two
// contacts of the backup are one by now, it is owned only if both were. Correct the roster first, or
// the next sync removes its own additions again.
package imsync
