// Link's page: inside the frame that Plaid.create opens, or by itself for a hosted link. The server decides every step and
// answers with the pane to show, so this script only has it drawn, sends what the person enters, and tells the embedding
// page what happened. It keeps nothing in the browser: a frame would lose it wherever third-party storage is blocked.
import { draw, drawRefusal, element, heading, reset, say, setButtons, ticked } from "./panes.js";

const HOSTED = "/link/hosted/";
const params = new URLSearchParams(location.search);
const hostedID = location.pathname.startsWith(HOSTED) ? location.pathname.slice(HOSTED.length) : "";
const embedded = window.parent !== window && !hostedID;
const token = params.get("token") || "";
const parentOrigin = params.get("origin") || "";

let session = "";
let pane = null;
let busy = false;
let outcomeSent = false;
let phone = false;
let bankWindow = null;
let waiting = 0;

// Messages go only to the origin that embedded us; if another page did, the browser drops them.
function tell(message) {
  if (embedded && parentOrigin) window.parent.postMessage(message, parentOrigin);
}

function ask(name, fields) {
  return fetch("/link/session/" + name, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(Object.assign({ link_session_id: session }, fields)),
  }).then((response) =>
    response.json().then((body) => {
      if (!response.ok) throw new Error(body.display_message || body.error_message || "The local Plaid answered " + response.status + ".");
      return body;
    })
  );
}

// step sends what the person did; while one is under way, others are dropped.
function step(name, fields) {
  if (busy) return Promise.resolve();
  busy = true;
  setButtons(true);
  return ask(name, fields)
    .then(receive)
    .catch((error) => {
      if (name === "exit") forceExit();
      else say("problem", error.message || "The local Plaid cannot be reached.");
    })
    .finally(() => { busy = false; setButtons(false); });
}

function receive(next) {
  pane = next;
  session = next.link_session_id || session;
  (next.events || []).forEach(announce);
  if (next.view !== "OAUTH_OPEN") stopWaiting();
  if (next.view !== "EXIT") draw(pane, (id) => step("institution", { institution_id: id }));
  else if (next.link_session_id) deliver();
  else drawRefusal(pane.error, !hostedID);
}

// announce hands an event on with every key onEvent's metadata has, null where the event has none.
function announce(event) {
  const metadata = Object.assign(
    {
      account_number_mask: null, error_type: null, error_code: null, error_message: null, exit_status: null, institution_id: null,
      institution_name: null, institution_search_query: null, match_reason: null, mfa_type: null, routing_number: null,
      selection: null, view_name: null, link_session_id: session, timestamp: event.timestamp,
    },
    event.event_metadata
  );
  if (event.event_name === "OPEN") metadata.is_update_mode = String(pane.is_update_mode);
  tell({ type: "event", name: event.event_name, metadata: metadata });
}

function deliver() {
  if (outcomeSent || !pane || !pane.outcome) return;
  outcomeSent = true;
  const o = pane.outcome;
  if (hostedID) conclude(o.callback === "onSuccess");
  else if (o.callback === "onSuccess") tell({ type: "success", publicToken: o.public_token, metadata: o.metadata });
  else tell({ type: "exit", error: o.error, metadata: o.metadata });
}

// conclude is a hosted page's end. Where it leads proves nothing: it goes there after success and exit alike.
function conclude(success) {
  if (pane.completion_redirect_uri) {
    location.replace(pane.completion_redirect_uri);
    return;
  }
  reset();
  heading(success ? "All done" : "You left Link", "You can close this page.");
  element("close").hidden = true;
  element("title").focus();
}

// goToBank opens the bank's own page: in this window on a phone and for a hosted link, else in one of its own. That one must
// be opened within the click, so before the server knows.
function goToBank(here) {
  if (busy || !pane || pane.view !== "OAUTH") return;
  const url = pane.bank_url;
  if (here || hostedID || (phone && pane.may_redirect)) {
    step("bank", { way: "redirect" }).then(() => {
      if (pane.view !== "OAUTH_OPEN") return;
      if (hostedID) location.assign(url);
      else tell({ type: "redirect", url: new URL(url, location.href).href });
    });
    return;
  }
  bankWindow = window.open(url, "_blank", "popup,width=480,height=760");
  if (!bankWindow) {
    say("problem", "Your browser blocked the bank's window. Allow pop-ups for this page and try again.");
    element("continue-here").hidden = !pane.may_redirect;
    return;
  }
  step("bank", { way: "popup" }).then(() => {
    if (pane.view === "OAUTH_OPEN") waiting = setInterval(lookAtBank, 500);
  });
}

function lookAtBank() {
  if (busy) return;
  const asked = waiting;
  ask("wait", { closed: !bankWindow || bankWindow.closed })
    .then((next) => { if (asked === waiting && next.view !== "OAUTH_OPEN") receive(next); })
    .catch(() => {}); // the next look may get an answer
}

function stopWaiting() {
  clearInterval(waiting);
  waiting = 0;
  if (bankWindow && !bankWindow.closed) bankWindow.close();
  bankWindow = null;
}

// forceExit closes Link when the server cannot be asked to: nobody may be locked in.
function forceExit() {
  stopWaiting();
  if (hostedID) {
    reset();
    heading("You left Link", "You can close this page.");
  }
  tell({ type: "exit", error: null, metadata: { institution: null, status: null, link_session_id: session || null, request_id: null } });
}

// leave is the close button: after success it finishes, before that it exits.
function leave() {
  if (!pane) forceExit();
  else if (pane.view === "CONNECTED") step("finish");
  else if (pane.view === "EXIT") deliver();
  else step("exit");
}

function start(fields) {
  stopWaiting();
  session = "";
  pane = null;
  outcomeSent = false;
  reset();
  heading("Opening Link…", "");
  step("start", fields);
}

function on(id, event, act) {
  element(id).addEventListener(event, (e) => {
    e.preventDefault();
    act();
  });
}

on("credentials", "submit", () => step("credentials", { username: element("username").value, password: element("password").value }));
on("device", "submit", () => step("device", { device: document.querySelector("#devices input:checked").value }));
on("code", "submit", () => step("code", { code: element("otp").value }));
on("accounts", "submit", () => {
  if (ticked().length > 0) step("accounts", { account_ids: ticked() });
  else say("problem", "Tick at least one account.");
});
on("continue", "click", () => goToBank(false));
on("continue-here", "click", () => goToBank(true));
on("again", "click", () => step("again", {}));
on("another", "click", () => step("again", { elsewhere: true }));
on("finish", "click", () => step("finish"));
on("leave", "click", leave);
on("close", "click", leave);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leave();
});

// A closed Link that is opened again is a new session with the same token.
window.addEventListener("message", (event) => {
  if (!embedded || event.source !== window.parent || event.origin !== parentOrigin || !event.data) return;
  if (event.data.type === "open") {
    phone = Boolean(event.data.phone);
    const received = event.data.receivedRedirectUri;
    start(received ? { link_token: token, received_redirect_uri: received } : { link_token: token });
  }
  if (event.data.type === "exit") leave();
});

if (hostedID) start({ hosted_id: hostedID, oauth_state_id: params.get("oauth_state_id") || "" });
else if (!embedded) heading("Link opens inside your app", "This page works only in the frame that Plaid.create opens.");
else tell({ type: "ready" });
