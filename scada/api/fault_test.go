package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"evenflow/models"
	"evenflow/scada/dispatch"
	"evenflow/scada/store"
)

func TestEveryErrorBecomesAProblem(t *testing.T) {
	pump := models.PointID{Element: "P-1", Quantity: models.SpeedSetpoint}
	for _, c := range []struct {
		name     string
		err      error
		status   int
		code     string
		elements string
	}{
		{"own fault", fmt.Errorf("x: %w", NoSuch("station", "S-9")), 404, "no_such_station", "S-9"},
		{"refusal", &dispatch.Refusal{Code: dispatch.BlockedByStop, Why: "all_stopped", Reason: "all stopped", Points: []models.PointID{pump, pump}}, 409, "blocked-by-stop", "P-1"},
		{"forbidden", &dispatch.Refusal{Code: dispatch.Forbidden, Why: "not_allowed", Reason: "no"}, 403, "forbidden", ""},
		{"too late", &dispatch.Refusal{Code: dispatch.TimeOver, Why: "order_expired", Reason: "expired"}, 410, "time-limit-over", ""},
		{"not found", fmt.Errorf("order 7: %w", store.ErrNotFound), 404, "not_found", ""},
		{"names elements", models.Problem{Kind: models.KindValve, Element: "V-3", Reason: "closed"}, 422, "element_refused", "V-3"},
		{"too slow", context.DeadlineExceeded, 503, "timeout", ""},
		{"unknown", errors.New("disk on fire at /secret/path"), 500, "internal", ""},
	} {
		f, secret := faultOf(c.err)
		p := f.problem()
		if p.Status != c.status || p.Code != c.code || strings.Join(p.Elements, ",") != c.elements {
			t.Errorf("%s: got %d %s %v", c.name, p.Status, p.Code, p.Elements)
		}
		if p.Detail == "" || p.DetailZH == "" || p.Elements == nil {
			t.Errorf("%s: a message is missing: %+v", c.name, p)
		}
		if secret != (c.status == 500) || strings.Contains(p.Detail, "secret") {
			t.Errorf("%s: secret %v, goes out as %q", c.name, secret, p.Detail)
		}
	}
}
