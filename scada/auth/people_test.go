package auth

import (
	"context"
	"errors"
	"strings"
	"testing"

	"evenflow/scada/store"
)

func TestPasswords(t *testing.T) {
	phc, err := hashPassword(t.Context(), goodPassword, cheap)
	if err != nil {
		t.Fatal(err)
	}
	if ok, old, err := checkPassword(t.Context(), goodPassword, phc, cheap); !ok || old || err != nil {
		t.Errorf("right password: %v %v %v", ok, old, err)
	}
	if ok, _, _ := checkPassword(t.Context(), goodPassword+" ", phc, cheap); ok {
		t.Error("a wrong password was right")
	}
	weaker, err := hashPassword(t.Context(), goodPassword, Cost{Memory: 32, Time: 1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if ok, old, err := checkPassword(t.Context(), goodPassword, weaker, cheap); !ok || !old || err != nil {
		t.Errorf("weaker hash: %v %v %v", ok, old, err)
	}
	for _, bad := range []string{"", "plain", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA"} {
		if _, _, err := checkPassword(t.Context(), goodPassword, bad, cheap); err == nil {
			t.Errorf("hash %q was read", bad)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(atOnce) {
		atOnce <- struct{}{}
	}
	if _, err := hashPassword(ctx, goodPassword, cheap); !errors.Is(err, context.Canceled) {
		t.Errorf("a fifth hash at once: %v", err)
	}
	for range cap(atOnce) {
		<-atOnce
	}
	for _, c := range []struct {
		name, password string
		ok             bool
	}{
		{"li", goodPassword, true},
		{"li", "松江热力调度中心值班室一号", true},
		{"li", "short", false},
		{"li", "Password1234", false},
		{"li", "QwertyQwerty99", false},
		{"li", "aaaabbbbaaaabbbb", false},
		{"dispatcher-one", "dispatcher-one1", false},
		{"li", strings.Repeat("long words ", 40), false},
		{"li", "bad\xff utf8 password", false},
	} {
		if err := CheckPassword(c.name, c.password); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.password, err)
		}
	}
}

func TestUsers(t *testing.T) {
	r := open(t, Options{})
	by := By{Name: "test"}
	add := func(n NewUser) error { return r.people.Add(t.Context(), by, n) }
	if err := add(NewUser{Name: "li", Role: Viewer, Password: goodPassword}); !errors.Is(err, ErrExists) {
		t.Errorf("a second li: %v", err)
	}
	for _, n := range []NewUser{
		{Name: "", Role: Viewer, Password: goodPassword},
		{Name: "a b", Role: Viewer, Password: goodPassword},
		{Name: "wang", Role: "boss", Password: goodPassword},
		{Name: "wang", Role: Viewer, Password: "short"},
	} {
		if err := add(n); err == nil {
			t.Errorf("%+v was added", n)
		}
	}
	if err := r.people.SetDisabled(t.Context(), by, "nobody", true); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("disabling nobody: %v", err)
	}
	users, err := r.people.List(t.Context())
	if err != nil || len(users) != 1 || users[0].Display != "李工" {
		t.Errorf("users %v %v", users, err)
	}
}

// TestSeparation keeps the separation of duties of GB/T 22239.
func TestSeparation(t *testing.T) {
	for _, c := range []struct {
		role  Role
		right Right
		want  bool
	}{
		{Admin, Manual, false}, {Admin, Approve, false}, {Admin, Stop, true}, {Admin, Users, true},
		{Auditor, Audit, true}, {Auditor, Stop, false}, {Auditor, Propose, false},
		{Engineer, Users, false}, {Dispatcher, Envelope, false}, {Engineer, Envelope, true},
		{Viewer, See, true}, {Viewer, Stop, false}, {Viewer, SignedIn, true},
		{"stranger", SignedIn, false}, {"", See, false},
	} {
		if got := c.role.May(c.right); got != c.want {
			t.Errorf("%s may %s: %v", c.role, c.right, got)
		}
	}
	for _, role := range Roles() {
		if parsed, err := ParseRole(string(role)); err != nil || parsed != role {
			t.Errorf("%s: %v", role, err)
		}
	}
	if _, err := ParseRole("boss"); err == nil {
		t.Error("boss is no role")
	}
}
