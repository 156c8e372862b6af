// What the relink page does after the click: it opens Plaid Link for one connection, then waits until the server has
// Plaid's own word for it. The browser's success proves nothing, and the public token never leaves the browser.
//
// The contract, below /relink/{token}:
//   POST link-token {item_id}                                          200 {link_token} | 409 nothing to do | 404 link over
//   POST complete   {item_id, link_session_id}                         200 {state}; anything but "connected" is waited for
//   POST exit       {item_id, link_session_id, status, error_code}     204
//   GET  .          this page: data-state of each data-item-id; asking for it has no effect
// Every sentence shown stands in the page's <template id="words">.
(() => {
  "use strict";

  const page = document.querySelector("[data-relink]");
  const words = new Map();
  for (const p of document.getElementById("words").content.querySelectorAll("[data-word]")) words.set(p.dataset.word, p.textContent);

  const pollEvery = 3_000;
  const pollFor = 60_000;
  const answerWithin = 20_000; // the server itself waits for Plaid for up to 8 s

  // Why Link ended, as far as it changes what to tell; every other end reads "closed".
  const exits = new Map([
    ["INSTITUTION_DOWN", "bank-down"],
    ["INSTITUTION_NOT_RESPONDING", "bank-down"],
    ["INSTITUTION_NOT_AVAILABLE", "bank-down"],
    ["ITEM_LOCKED", "bank-first"],
    ["PASSWORD_RESET_REQUIRED", "bank-first"],
    ["USER_SETUP_REQUIRED", "bank-first"],
    ["INVALID_UPDATED_USERNAME", "other-login"],
    ["USER_INPUT_TIMEOUT", "too-slow"],
  ]);

  class Told extends Error {} // its message is the name of a word

  const say = (name, card) => (words.get(name) ?? "").replaceAll("{bank}", () => card.dataset.bank);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const waiting = () => page.querySelectorAll("[data-connection] [data-go]");

  function post(path, body) {
    return fetch(`${page.dataset.base}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      keepalive: true, // what the merchant did must reach the server though the tab is closed
      signal: AbortSignal.timeout?.(answerWithin),
    });
  }

  // What the page shows. Phases: ready, opening, opened, verifying, done, stopped; and ended, where no button is.

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
    card.querySelector("[data-status]").focus(); // Link took the focus with it
  }

  function finish(card) {
    show(card, "done");
    card.dataset.state = "connected";
    card.querySelector("[data-pill]").textContent = say("connected-pill", card);
    card.querySelector("[data-headline]").textContent = say("connected-headline", card);
    for (const past of card.querySelectorAll("[data-before]")) past.hidden = true;
    card.querySelector("[data-go]").remove();
    recount();
    const status = card.querySelector("[data-status]");
    status.textContent = say(waiting().length > 0 ? "done-more" : "done", card);
    status.focus();
  }

  // recount says in title and heading what waits now. A heading that is a card's own headline speaks for that card alone.
  function recount() {
    const left = waiting().length;
    const ended = page.querySelector('[data-phase="ended"]');
    const name = left > 1 ? "many-wait" : left === 1 ? "one-waits" : ended ? "none-waits" : "all-connected";
    document.title = words.get(name).replaceAll("{left}", left);
    const heading = page.querySelector("[data-heading]");
    if (!heading.matches("[data-headline]")) heading.textContent = document.title;
    if (left < 2) page.querySelector("[data-intro]")?.setAttribute("hidden", "");
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
        script = undefined; // the next click tries again
        reject(new Told("blocked"));
      };
      document.head.append(tag);
    });
    return script;
  }

  // grantFor answers a link token, or nothing when the connection works already.
  async function grantFor(card) {
    const answer = await post("link-token", { item_id: card.dataset.itemId });
    if (answer.status === 409) return undefined;
    if (answer.status === 404) {
      location.reload(); // the link is over by now: the server has the page that says so
      return new Promise(() => {});
    }
    if (!answer.ok) throw new Told("trouble");
    return (await answer.json()).link_token;
  }

  let busy = false; // one Link at a time

  async function reconnect(card) {
    if (busy) return;
    busy = true;
    try {
      show(card, "opening", "opening");
      const plaid = await loadLink(); // before the token: a minted one holds back mails while it lives
      const token = await grantFor(card);
      if (token === undefined) {
        finish(card);
        return;
      }
      const end = await open(card, plaid, token);
      if (end.succeeded || end.code === "ITEM_NO_ERROR") await verify(card, end.session);
      else stop(card, exits.get(end.code) ?? "closed");
    } catch (trouble) {
      stop(card, trouble instanceof Told ? trouble.message : "trouble");
    } finally {
      busy = false;
    }
  }

  // open answers how Link ended.
  function open(card, plaid, token) {
    return new Promise((resolve) => {
      const end = (outcome) => {
        setTimeout(() => link.destroy(), 0); // not under Link's own feet
        resolve(outcome);
      };
      const link = plaid.create({
        token,
        onSuccess: (_publicToken, metadata) => end({ succeeded: true, session: metadata?.link_session_id ?? "" }),
        onExit: (error, metadata) => {
          const code = error?.error_code ?? "";
          const session = metadata?.link_session_id ?? "";
          post("exit", { item_id: card.dataset.itemId, link_session_id: session, status: metadata?.status ?? "", error_code: code })
            .catch(() => {}); // a record for support; the merchant need not wait for it
          end({ succeeded: false, code, session });
        },
      });
      link.open();
      show(card, "opened", "opened");
    });
  }

  // Waiting for Plaid's word.

  async function verify(card, session) {
    show(card, "verifying", "verifying");
    const until = performance.now() + pollFor;
    let delivered = false;
    for (;;) {
      try {
        if (!delivered) {
          const answer = await post("complete", { item_id: card.dataset.itemId, link_session_id: session });
          delivered = answer.ok;
          if (answer.ok && (await answer.json()).state === "connected") return finish(card);
        } else if ((await stateOnServer(card)) === "connected") {
          return finish(card);
        }
      } catch {
        // out of reach for a moment: the next round tries again
      }
      if (performance.now() >= until) break;
      await pause(pollEvery);
    }
    stop(card, delivered ? "later" : "untold");
  }

  async function stateOnServer(card) {
    const answer = await fetch(page.dataset.base, { cache: "no-store", signal: AbortSignal.timeout?.(answerWithin) });
    if (!answer.ok) return "";
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const same = [...fresh.querySelectorAll("[data-connection]")].find((other) => other.dataset.itemId === card.dataset.itemId);
    return same?.dataset.state ?? "";
  }

  for (const card of page.querySelectorAll("[data-connection]")) {
    card.querySelector("[data-go]")?.addEventListener("click", () => reconnect(card));
  }

  for (const date of page.querySelectorAll("time[datetime]")) {
    date.textContent = new Date(date.dateTime).toLocaleDateString(document.documentElement.lang, { month: "long", day: "numeric" });
  }

  // A page brought back by the browser's "back" shows what was true before.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !busy) location.reload();
  });
})();
