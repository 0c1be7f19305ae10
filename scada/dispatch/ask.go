package dispatch

import "evenflow/models"

// Persons returns how many persons an order takes, the one who proposed it
// included.
func (d *Desk) Persons(o *Order) int {
	bare := &Order{By: Actor{Role: RoleProgram}, Items: o.Items}
	return max(d.personsMissing(bare), 1)
}

// Effective returns the mode in force for an element, the strictest of the
// network's and its own.
func (d *Desk) Effective(id models.ID) Mode { return d.Mode(Scope{Element: id}) }
