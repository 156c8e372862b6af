// This script runs the relink page after the click. It opens Plaid Link for one connection, then waits until the server
// has Plaid's confirmation. The browser's success proves nothing, and the public token never leaves the browser.
//
// The contract, below /relink/{token}:
//   POST link-token {item_id}      200 {link_token} | 200 {hosted_link_url} | 409 {reason: "connected" | "bank_down" | "ended"} | 404 link expired
//   POST resume     {item_id}      200 {link_token}: the one that Link was opened with before the bank's pages | 404 not this browser's
//   POST complete   {item_id, link_session_id}                              200 {state}; the page waits for "connected"
//   POST exit       {item_id, link_session_id, status, error_type, error_code}                                   204
//   POST events     {item_id, link_session_id, event_name, view_name, error_code, timestamp}                     204
//   GET  .          this page: data-state and data-phase of each data-item-id; the request has no effect
// The page's <template id="words"> holds every sentence that the script shows.
(() => {
  "use strict";

  const page = document.querySelector("[data-relink]");
  const words = new Map();
  for (const p of document.getElementById("words").content.querySelectorAll("[data-word]")) words.set(p.dataset.word, p.textContent);

  const pollEvery = 3_000;
  const pollFor = 60_000;
  const pollForHosted = 20_000; // Plaid's own pages lead back in the same way after a success and without one
  const respondWithin = 20_000; // the server itself waits for Plaid for up to 8 s
  const loadWithin = 30_000;

  // The words for the reasons why Link ended. For every other reason the word is "closed".
  const exits = new Map([
    ["INSTITUTION_DOWN", "held"],
    ["INSTITUTION_NOT_RESPONDING", "held"],
    ["INSTITUTION_NOT_AVAILABLE", "held"],
    ["INVALID_CREDENTIALS", "wrong-password"],
    ["INVALID_MFA", "wrong-code"],
    ["INVALID_OTP", "wrong-code"],
    ["INVALID_SEND_METHOD", "wrong-code"],
    ["ITEM_LOCKED", "bank-first"],
    ["PASSWORD_RESET_REQUIRED", "bank-first"],
    ["USER_SETUP_REQUIRED", "bank-first"],
    ["INVALID_UPDATED_USERNAME", "other-login"],
    ["USER_INPUT_TIMEOUT", "too-slow"],
    ["NO_ACCOUNTS", "no-accounts"],
    ["NO_AUTH_ACCOUNTS", "no-accounts"],
    ["ITEM_NOT_SUPPORTED", "not-offered"],
    ["MFA_NOT_SUPPORTED", "not-offered"],
    ["INSTITUTION_NO_LONGER_SUPPORTED", "not-offered"],
    ["UNAUTHORIZED_INSTITUTION", "not-offered"],
    ["OAUTH_STATE_ID_ALREADY_PROCESSED", "lost"],
    ["OAUTH_STATE_ID_NOT_FOUND", "lost"],
    ["INCORRECT_LINK_TOKEN", "lost"],
    ["INTERNAL_SERVER_ERROR", "window-trouble"],
    ["INTERNAL_ERROR", "window-trouble"],
    ["PLANNED_MAINTENANCE", "window-trouble"],
    ["RATE_LIMIT_EXCEEDED", "window-trouble"],
  ]);
  // These codes mean that the link token was used or is older than its half hour. The script then fetches another one.
  const spent = new Set(["INVALID_LINK_TOKEN", "LINK_TOKEN_EXPIRED"]);

  class Explained extends Error {} // its message is the name of a word

  const say = (name, card) => (words.get(name) ?? "").replaceAll("{bank}", () => card.dataset.bank);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const never = () => new Promise(() => {}); // for a page that the browser is leaving
  const waiting = () => page.querySelectorAll("[data-connection] [data-go]:not([hidden])");

  function post(path, body) {
    return fetch(`${page.dataset.base}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      keepalive: true, // the report must reach the server even if the tab is closed
      signal: AbortSignal.timeout?.(respondWithin),
    });
  }

  // note sends a record for support. The merchant does not wait for it.
  const note = (path, body) => void post(path, body).catch(() => {});

  // The page's own address holds only the deep link. The address of a return from the bank's pages holds a state as well.
  const cleanAddress = () => history.replaceState(null, "", page.dataset.base);
  const startOver = () => location.replace(page.dataset.base);

  // The phases of a card are ready, opening, opened, verifying, done, stopped, held (sign-ins at the bank do not work) and
  // ended. The last two have no button.

  const labels = new Map([["opening", "label-opening"], ["verifying", "label-checking"], ["stopped", "label-again"]]);

  function show(card, phase, word = "") {
    const working = phase === "opening" || phase === "opened" || phase === "verifying";
    const go = card.querySelector("[data-go]");
    if (labels.has(phase)) go.querySelector("[data-label]").textContent = say(labels.get(phase), card);
    card.dataset.phase = phase;
    card.querySelector("[data-status]").textContent = say(word, card);
    for (const other of waiting()) {
      if (working) other.setAttribute("aria-disabled", "true");
      else other.removeAttribute("aria-disabled");
    }
    if (working) go.setAttribute("aria-busy", "true");
    else go.removeAttribute("aria-busy");
  }

  function stop(card, word) {
    show(card, "stopped", word);
    card.querySelector("[data-status]").focus(); // Link has taken the focus away
  }

  // rewrite replaces a card's headline and hides what the card said before.
  function rewrite(card, pill, headline) {
    card.querySelector("[data-pill]").textContent = say(pill, card);
    card.querySelector("[data-headline]").textContent = say(headline, card);
    for (const past of card.querySelectorAll("[data-before]")) past.hidden = true;
  }

  // hold hides the button while sign-ins at the bank do not work.
  function hold(card) {
    stop(card, "held-todo");
    card.dataset.phase = "held";
    rewrite(card, "held-pill", "held-headline");
    card.querySelector("[data-go]").hidden = true;
    recount();
  }

  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("relink") : undefined;

  function finish(card, word = "done") {
    show(card, "done");
    card.dataset.state = "connected";
    rewrite(card, "connected-pill", "connected-headline");
    card.querySelector("[data-go]").remove();
    recount();
    const status = card.querySelector("[data-status]");
    status.textContent = say(waiting().length > 0 ? "done-more" : word, card);
    status.focus();
    tabs?.postMessage(card.dataset.itemId);
  }

  // recount writes into the title and the heading how many connections wait. A heading that is a card's own headline
  // stays, because it is about that card alone.
  function recount() {
    const left = waiting().length;
    const open = page.querySelector('[data-phase="ended"], [data-phase="held"]');
    const name = left > 1 ? "many-wait" : left === 1 ? "one-waits" : open ? "none-waits" : "all-connected";
    document.title = words.get(name).replaceAll("{left}", left);
    const heading = page.querySelector("[data-heading]");
    if (!heading.matches("[data-headline]")) heading.textContent = document.title;
    if (left < 2) page.querySelector("[data-intro]")?.setAttribute("hidden", "");
    if (left === 0) page.querySelector("[data-then]")?.setAttribute("hidden", "");
  }

  // Opening Link.

  let script; // the promise of window.Plaid

  function loadLink() {
    script ??= new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = page.dataset.linkScript;
      tag.onload = () => (window.Plaid ? resolve(window.Plaid) : tag.onerror());
      tag.onerror = () => {
        tag.remove();
        script = undefined; // so that the next click tries again
        reject(new Explained("blocked"));
      };
      document.head.append(tag);
    });
    return script;
  }

  // ask requests a link token or the address of Hosted Link. It returns undefined if the server offers neither; the card
  // then shows why.
  async function ask(card, path) {
    const response = await post(path, { item_id: card.dataset.itemId });
    if (response.status === 409) {
      const { reason } = await response.json();
      if (reason === "bank_down") hold(card);
      else if (reason === "ended") stop(card, "not-offered");
      else finish(card, "already");
      return undefined;
    }
    if (response.status === 404) {
      if (path === "resume") throw new Explained("lost");
      startOver(); // the deep link has expired: the server has the page for that
      return never();
    }
    if (!response.ok) throw new Explained("trouble");
    return response.json();
  }

  let busy = false; // one Link at a time

  async function alone(card, act) {
    if (busy) return;
    busy = true;
    try {
      await act(card);
    } catch (trouble) {
      stop(card, trouble instanceof Explained ? trouble.message : "trouble");
    } finally {
      busy = false;
    }
    if (card.dataset.phase === "stopped") sync(); // another tab may have finished meanwhile
  }

  async function reconnect(card) {
    for (const last of [false, true]) {
      show(card, "opening", "opening");
      const plaid = await loadLink(); // before the token, because a minted token holds back mails
      const way = await ask(card, "link-token");
      if (way === undefined) return;
      if (way.hosted_link_url) {
        show(card, "opening", "leaving");
        location.assign(way.hosted_link_url);
        return never();
      }
      const end = await open(card, plaid, way.link_token);
      if (last || !spent.has(end.code)) return settle(card, end);
    }
  }

  // resume continues after the bank's own pages have led this browser back.
  async function resume(card) {
    if ("hosted" in page.dataset) {
      cleanAddress();
      return verify(card, "", pollForHosted, "unsure");
    }
    show(card, "opening", "resuming");
    const returned = location.href; // Plaid needs the address unchanged
    try {
      const plaid = await loadLink();
      const way = await ask(card, "resume");
      if (way !== undefined) await settle(card, await open(card, plaid, way.link_token, returned));
    } finally {
      cleanAddress();
    }
  }

  function settle(card, end) {
    if (end.succeeded || end.code === "ITEM_NO_ERROR") return verify(card, end.session);
    const word = exits.get(end.code) ?? (spent.has(end.code) ? (end.resumed ? "lost" : "window-trouble") : end.status === "requires_oauth" ? "popup" : "closed");
    if (word === "held") hold(card);
    else stop(card, word);
  }

  let owed; // the report of a success that the server has not received yet

  // open returns how Link ended.
  function open(card, plaid, token, returned) {
    return new Promise((resolve, reject) => {
      const itemId = card.dataset.itemId;
      let wrong = ""; // the last error in Link: if the merchant then closes it, Link itself may name no error
      let alive = false;
      const late = setTimeout(() => {
        if (!alive) leave(() => reject(new Explained("blocked")));
      }, loadWithin);
      const leave = (then) => {
        clearTimeout(late);
        setTimeout(() => link.destroy(), 0); // not while Link's own callback runs
        then();
      };
      const options = {
        token,
        onLoad: () => (alive = true),
        onEvent: (name, metadata) => {
          alive = true;
          if (returned) cleanAddress(); // Link has read it
          const code = metadata?.error_code ?? "";
          const session = metadata?.link_session_id ?? "";
          if (name === "ERROR") wrong = code;
          else if (name === "HANDOFF" || (name === "TRANSITION_VIEW" && metadata?.view_name === "CONNECTED")) owed = { item_id: itemId, link_session_id: session };
          else if (name.startsWith("SUBMIT_")) wrong = "";
          note("events", {
            item_id: itemId, link_session_id: session, event_name: name, view_name: metadata?.view_name ?? "", error_code: code,
            timestamp: metadata?.timestamp ?? "",
          });
        },
        onSuccess: (_publicToken, metadata) => leave(() => resolve({ succeeded: true, session: metadata?.link_session_id ?? "" })),
        onExit: (error, metadata) => {
          owed = undefined;
          const code = error?.error_code ?? "";
          const status = metadata?.status ?? "";
          const session = metadata?.link_session_id ?? "";
          note("exit", { item_id: itemId, link_session_id: session, status, error_type: error?.error_type ?? "", error_code: code });
          leave(() => resolve({ succeeded: false, code: code || wrong, status, session, resumed: Boolean(returned) }));
        },
      };
      if (returned) options.receivedRedirectUri = returned; // not at the first launch: Link would wait for a bank's return
      const link = plaid.create(options);
      link.open();
      show(card, "opened", returned ? "resuming" : "opened");
    });
  }

  // Waiting for Plaid's confirmation.

  async function verify(card, session, patience = pollFor, unheard = "later") {
    show(card, "verifying", "verifying");
    owed = { item_id: card.dataset.itemId, link_session_id: session };
    const until = performance.now() + patience;
    for (;;) {
      try {
        if (owed) {
          const response = await post("complete", owed);
          if (response.ok) {
            owed = undefined;
            if ((await response.json()).state === "connected") return finish(card);
          }
        } else if ((await cardsOnServer())?.get(card.dataset.itemId)?.state === "connected") {
          return finish(card);
        }
      } catch {
        // the server is out of reach: the next round tries again
      }
      if (performance.now() >= until) break;
      await pause(pollEvery);
    }
    stop(card, owed ? "untold" : unheard);
  }

  // If the tab is closed on Link's last pane, or while we wait, this is the last chance to report the success.
  window.addEventListener("pagehide", () => {
    if (owed) note("complete", owed);
  });

  // cardsOnServer returns what the server shows of each connection now, or undefined if it does not respond.
  async function cardsOnServer() {
    const response = await fetch(page.dataset.base, { cache: "no-store", signal: AbortSignal.timeout?.(respondWithin) });
    if (!response.ok) return undefined;
    const current = new DOMParser().parseFromString(await response.text(), "text/html");
    return new Map([...current.querySelectorAll("[data-connection]")].map((card) => [card.dataset.itemId, card.dataset]));
  }

  // sync shows what happened elsewhere: in another tab, on another device, at the bank.
  async function sync() {
    if (busy) return;
    const now = await cardsOnServer().catch(() => undefined);
    if (busy || now === undefined) return;
    for (const card of page.querySelectorAll("[data-connection]")) {
      const shown = card.dataset.phase;
      const current = now.get(card.dataset.itemId);
      if (shown === undefined || shown === "done" || shown === "ended") continue;
      if (current?.state === "connected" && card.querySelector("[data-go]")) finish(card, "already");
      else if (current === undefined || (current.phase === "held") !== (shown === "held")) return startOver(); // the page has changed
    }
  }

  tabs?.addEventListener("message", sync);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sync();
  });

  for (const card of page.querySelectorAll("[data-connection]")) {
    card.querySelector("[data-go]")?.addEventListener("click", () => alone(card, reconnect));
    if (page.dataset.resume && card.dataset.itemId === page.dataset.resume) {
      if (card.querySelector("[data-go]")) alone(card, resume);
      else cleanAddress();
    }
  }

  for (const date of page.querySelectorAll("time[datetime]")) {
    date.textContent = new Date(date.dateTime).toLocaleDateString(document.documentElement.lang, { month: "long", day: "numeric" });
  }

  // A page that the browser's "back" restored shows an old state, and its Link is gone.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) startOver();
  });
})();
