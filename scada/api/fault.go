package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"evenflow/models"
	"evenflow/scada/dispatch"
	"evenflow/scada/store"
)

// Fault is a refusal for people: the API prints it as a [Problem].
type Fault struct {
	Status     int    // HTTP status; 0: 409
	Code       string // stable word
	Reason     string // of the desk's refusals: which of those with this code
	EN, ZH     string
	Remedy     string // English, what to do
	Elements   []string
	Order      string
	RetryAfter int // s, with 429
}

// Error returns the English message.
func (f *Fault) Error() string {
	if f.Remedy == "" {
		return f.EN
	}
	return f.EN + "; " + f.Remedy
}

// NoSuch is the fault of asking for something that does not exist; what is
// "station", "order", "element", "preview", "source", "quantity".
func NoSuch(what, id string) *Fault {
	return &Fault{
		Status: http.StatusNotFound, Code: "no_such_" + what,
		EN: fmt.Sprintf("there is no %s %q", what, id), ZH: fmt.Sprintf("没有这个%s：%s", nounZH[what], id),
		Elements: []string{id},
	}
}

var nounZH = map[string]string{
	"station": "热力站", "order": "指令", "element": "元件", "preview": "预演", "source": "热源", "quantity": "测点", "route": "地址", "user": "用户",
}

var refusalStatus = map[dispatch.Code]int{
	dispatch.Forbidden:  http.StatusForbidden,
	dispatch.BadRequest: http.StatusUnprocessableEntity,
	dispatch.TimeOver:   http.StatusGone,
}

// faultOf translates any error of the backend. The second result is true for
// errors whose text must not go out: they belong in the log.
func faultOf(err error) (f *Fault, secret bool) {
	if errors.As(err, &f) {
		return f, false
	}
	if r, ok := errors.AsType[*dispatch.Refusal](err); ok {
		return ofRefusal(r), false
	}
	elements := elementsOf(err)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &Fault{Status: http.StatusNotFound, Code: "not_found", EN: err.Error(), ZH: "没有找到所请求的内容"}, false
	case errors.Is(err, context.DeadlineExceeded):
		return &Fault{Status: http.StatusServiceUnavailable, Code: "timeout", EN: "the answer took too long", ZH: "处理超时", Remedy: "try again"}, false
	case errors.Is(err, context.Canceled):
		return &Fault{Status: http.StatusServiceUnavailable, Code: "cancelled", EN: "the request was given up", ZH: "请求已取消"}, false
	case len(elements) > 0:
		return &Fault{
			Status: http.StatusUnprocessableEntity, Code: "element_refused", Elements: elements,
			EN: err.Error(), ZH: "以下对象无法处理：" + strings.Join(elements, "、"),
		}, false
	}
	return &Fault{
		Status: http.StatusInternalServerError, Code: "internal", Remedy: "the service's log has the cause",
		EN: "the service could not do this", ZH: "系统内部错误，原因见服务日志",
	}, true
}

func ofRefusal(r *dispatch.Refusal) *Fault {
	status := refusalStatus[r.Code]
	if status == 0 {
		status = http.StatusConflict
	}
	f := &Fault{Status: status, Code: string(r.Code), Reason: r.Why, EN: r.Error(), Order: r.Order, ZH: r.Chinese()}
	seen := map[models.ID]bool{}
	for _, p := range r.Points {
		if !seen[p.Element] {
			seen[p.Element] = true
			f.Elements = append(f.Elements, string(p.Element))
		}
	}
	return f
}

func elementsOf(err error) []string {
	ids := models.ErrorElements(err)
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// problem is the fault as the document that goes out.
func (f *Fault) problem() *Problem {
	p := &Problem{
		Status: f.Status, Code: f.Code, Reason: f.Reason, Detail: f.EN, DetailZH: f.ZH, Remedy: f.Remedy,
		Elements: f.Elements, Order: f.Order, RetryAfterS: f.RetryAfter,
	}
	if p.Status == 0 {
		p.Status = http.StatusConflict
	}
	if p.Elements == nil {
		p.Elements = []string{}
	}
	p.Title = http.StatusText(p.Status)
	return p
}
