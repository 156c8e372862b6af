// Package platform sends events and forwarded webhooks to the platform, by Standard Webhooks
// (https://www.standardwebhooks.com): a signed POST with an id that stays the same at each try.
//
// It may import internal/item, internal/neighbour and internal/neighbour/httpx, and no other adapter.
//
// Start reading at Platform.Send.
package platform
