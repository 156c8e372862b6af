package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
)

// webhooks are those of a hosted session that is over: SESSION_FINISHED and EVENTS, and ITEM_ADD_RESULT before them for a
// new Item (plaid.com/docs/api/link). None where there is no URL. They are not an Item's own: /item/get's last_webhook
// knows nothing of them.
func (s *linkSession) webhooks() ([]webhook, error) {
	url := s.token.sessionWebhook()
	if url == "" {
		return nil, nil
	}
	status, publicTokens := "EXITED", []string{}
	var hooks []webhook
	if s.exited == nil {
		status, publicTokens = "SUCCESS", []string{s.publicToken}
		if !s.updateMode() {
			hook, err := s.webhook(url, "ITEM_ADD_RESULT", map[string]any{"public_token": s.publicToken})
			if err != nil {
				return nil, err
			}
			hooks = append(hooks, hook)
		}
	}
	finished, err := s.webhook(url, "SESSION_FINISHED", map[string]any{"status": status, "public_tokens": publicTokens})
	if err != nil {
		return nil, err
	}
	events, err := s.eventsWebhook(url)
	return append(hooks, finished, events), err
}

func (s *linkSession) eventsWebhook(url string) (webhook, error) {
	newestFirst := slices.Clone(s.events)
	slices.Reverse(newestFirst)
	return s.webhook(url, "EVENTS", map[string]any{"events": newestFirst})
}

func (s *linkSession) webhook(url, code string, content map[string]any) (webhook, error) {
	content["webhook_type"], content["webhook_code"], content["environment"] = "LINK", code, environment
	content["link_session_id"], content["link_token"] = s.id, s.token.token
	body, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return webhook{}, fmt.Errorf("encode LINK %s webhook: %w", code, err)
	}
	hook := webhook{url: url, kind: "LINK", code: code, body: body}
	if s.item != nil {
		hook.itemID = s.item.id
	} else {
		hook.itemID = s.token.item.idOrNone()
	}
	return hook, nil
}
