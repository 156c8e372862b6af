package item_test

import (
	"time"

	"relink/internal/item"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// rules are production's rules. A change of state that the table does not hold fails the test.
var rules = item.Rules{Durations: item.Production(), Strict: true}

func connected() item.Life { return item.Life{State: item.Connected} }

func fold(l item.Life, events ...item.Event) item.Life {
	for _, e := range events {
		l = rules.Apply(l, e)
	}
	return l
}

func answered(at time.Time, code string) item.Answered {
	return item.Answered{Status: item.PlaidStatus{ErrorCode: code}, At: at}
}

func broken(at time.Time) item.Life { return fold(connected(), answered(at, "ITEM_LOGIN_REQUIRED")) }

func webhook(id int64) item.Hinted {
	return item.Hinted{Hint: item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{id}}}
}

func portal(code string, id int64, until time.Time) item.Hinted {
	return item.Hinted{Hint: item.Hint{Source: item.FromPortal, Code: code, InboxIDs: []int64{id}, Until: until}}
}

const day = 24 * time.Hour
