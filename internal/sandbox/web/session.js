// The page inside Link's frame. The server decides every step and answers with the pane to show, so this script only
// draws it, sends what the person enters, and tells the embedding page what happened.
(function () {
  "use strict";

  var params = new URLSearchParams(location.search);
  var token = params.get("token") || "";
  var parentOrigin = params.get("origin") || "";
  var session = "";
  var pane = null;
  var busy = false;
  var outcomeSent = false;

  function element(id) { return document.getElementById(id); }

  // Messages go only to the origin that embedded us; if another page did, the browser drops them.
  function tell(message) {
    if (window.parent !== window && parentOrigin) window.parent.postMessage(message, parentOrigin);
  }

  function step(name, fields) {
    if (busy) return Promise.resolve();
    busy = true;
    setButtons(true);
    return fetch("/link/session/" + name, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.assign({ link_session_id: session }, fields)),
    })
      .then(function (response) {
        return response.json().then(function (body) {
          if (!response.ok) throw new Error(body.display_message || body.error_message || "The local Plaid answered " + response.status + ".");
          return body;
        });
      })
      .then(receive)
      .catch(function (error) {
        if (name === "exit") forceExit();
        else complain(error.message || "The local Plaid cannot be reached.");
      })
      .finally(function () { busy = false; setButtons(false); });
  }

  function setButtons(disabled) {
    document.querySelectorAll("button.primary, .institutions button").forEach(function (b) { b.disabled = disabled; });
  }

  function receive(next) {
    pane = next;
    session = next.link_session_id || session;
    (next.events || []).forEach(announce);
    if (next.view !== "EXIT") draw();
    else if (session) deliver();
    else drawRefusal();
  }

  // announce hands an event on with every key onEvent's metadata has, null where the event has none.
  function announce(event) {
    var metadata = Object.assign(
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
    var o = pane.outcome;
    if (o.callback === "onSuccess") tell({ type: "success", publicToken: o.public_token, metadata: o.metadata });
    else tell({ type: "exit", error: o.error, metadata: o.metadata });
  }

  function draw() {
    var bank = pane.institution ? pane.institution.name : "";
    var app = pane.client_name;
    var verb = pane.is_update_mode ? "reconnect to " : "connect to ";
    reset();
    switch (pane.view) {
      case "SELECT_INSTITUTION":
        heading("Choose your bank", "Pick a test institution to " + verb + app + ".");
        listInstitutions();
        break;
      case "CREDENTIAL":
        heading("Log in to " + bank, "Enter your credentials to " + verb + app + ".");
        credentialHint();
        element("credentials").hidden = false;
        break;
      case "MFA":
        heading("Enter your code", bank + " sent a one-time code to your device.");
        element("code").hidden = false;
        break;
      case "CONNECTED":
        heading("Success", bank + " is " + (pane.is_update_mode ? "connected again to " : "now connected to ") + app + ".");
        element("finish").hidden = false;
        break;
    }
    if (pane.warning) show("warning", pane.warning);
    if (pane.error) complain(pane.error.display_message || pane.error.error_message, true);
    else element("title").focus();
  }

  function drawRefusal() {
    reset();
    heading("This link cannot be opened", "Go back to the app and try again.");
    complain(pane.error.display_message || pane.error.error_message);
    element("leave").hidden = false;
  }

  function reset() {
    ["institutions", "credentials", "code", "finish", "leave", "warning", "problem"].forEach(function (id) { element(id).hidden = true; });
    ["username", "password", "otp"].forEach(function (id) { element(id).removeAttribute("aria-invalid"); });
    element("password").value = "";
    element("otp").value = "";
  }

  function heading(title, lead) {
    element("title").textContent = title;
    element("lead").textContent = lead;
  }

  function show(id, text) {
    element(id).textContent = text;
    element(id).hidden = false;
  }

  function complain(text, inForm) {
    show("problem", text);
    if (!inForm) return;
    var wrong = pane.view === "MFA" ? ["otp"] : ["username", "password"];
    wrong.forEach(function (id) { element(id).setAttribute("aria-invalid", "true"); });
    element(wrong[wrong.length - 1]).focus();
  }

  function credentialHint() {
    var hint = element("credentials-hint");
    hint.replaceChildren();
    if (pane.oauth) {
      hint.append("At a real OAuth bank its own page would open here. This one accepts anything, even empty fields.");
      return;
    }
    var user = document.createElement("code");
    var pass = document.createElement("code");
    user.textContent = "user_good";
    pass.textContent = "pass_good";
    hint.append("Test credentials: ", user, " and ", pass, ".");
  }

  function listInstitutions() {
    var list = element("institutions");
    list.replaceChildren();
    pane.institutions.forEach(function (institution) {
      var entry = document.createElement("li");
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = institution.name;
      button.addEventListener("click", function () { step("institution", { institution_id: institution.institution_id }); });
      entry.append(button);
      list.append(entry);
    });
    list.hidden = false;
  }

  // forceExit closes Link when the server cannot be asked to: nobody may be locked in.
  function forceExit() {
    tell({ type: "exit", error: null, metadata: { institution: null, status: null, link_session_id: session || null, request_id: null } });
  }

  // leave is the close button: after success it finishes, before that it exits.
  function leave() {
    if (!pane) forceExit();
    else if (pane.view === "CONNECTED") step("finish");
    else if (pane.view === "EXIT") deliver();
    else step("exit");
  }

  element("credentials").addEventListener("submit", function (event) {
    event.preventDefault();
    step("credentials", { username: element("username").value, password: element("password").value });
  });
  element("code").addEventListener("submit", function (event) {
    event.preventDefault();
    step("code", { code: element("otp").value });
  });
  element("finish").addEventListener("click", function () { step("finish"); });
  element("leave").addEventListener("click", leave);
  element("close").addEventListener("click", leave);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") leave();
  });

  // A closed Link that is opened again is a new session with the same token.
  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== parentOrigin) return;
    if (event.data && event.data.type === "open") {
      session = "";
      pane = null;
      outcomeSent = false;
      reset();
      heading("Opening Link…", "");
      step("start", { link_token: token });
    }
    if (event.data && event.data.type === "exit") leave();
  });

  if (window.parent === window) heading("Link opens inside your app", "This page works only in the frame that Plaid.create opens.");
  else tell({ type: "ready" });
})();
