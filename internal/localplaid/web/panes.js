// What Link's page shows. Nothing here decides anything or speaks to the server.

const ids = [
  "institutions", "credentials", "device", "code", "accounts", "bank", "continue", "continue-here", "again", "another", "finish", "leave",
  "warning", "note", "problem",
];
const inputs = ["username", "password", "otp"];
const notes = {
  cancelled: (bank) => "You came back without sharing anything at " + bank + ". You can try again.",
  closed: (bank) => "The window of " + bank + " was closed before you were done. You can try again.",
  timed_out: (bank) => "Signing in at " + bank + " took too long. You can try again.",
};

export function element(id) {
  return document.getElementById(id);
}

export function heading(title, lead) {
  element("title").textContent = title;
  element("lead").textContent = lead;
}

export function reset() {
  ids.forEach((id) => { element(id).hidden = true; });
  inputs.forEach((id) => element(id).removeAttribute("aria-invalid"));
  element("password").value = "";
  element("otp").value = "";
}

export function setButtons(disabled) {
  document.querySelectorAll("button.primary, button.secondary, .institutions button").forEach((b) => { b.disabled = disabled; });
}

export function say(id, text) {
  element(id).textContent = text;
  element(id).hidden = false;
}

export function ticked() {
  return Array.from(document.querySelectorAll("#account-list input:checked"), (box) => box.value);
}

// draw shows a pane; chooseBank is called with the id of a bank that was clicked.
export function draw(pane, chooseBank) {
  const bank = pane.institution ? pane.institution.name : "";
  const app = pane.client_name;
  const verb = pane.is_update_mode ? "reconnect to " : "connect to ";
  reset();
  switch (pane.view) {
    case "SELECT_INSTITUTION":
      heading("Choose your bank", "Pick a test institution to " + verb + app + ".");
      listInstitutions(pane.institutions, chooseBank);
      break;
    case "CREDENTIAL":
      heading("Log in to " + bank, "Enter your credentials to " + verb + app + ".");
      testCredentials();
      element("credentials").hidden = false;
      break;
    case "MFA_DEVICE":
      heading("Choose where to get a code", bank + " wants to be sure that it is you.");
      element("devices").replaceChildren(...pane.devices.map((d, i) => choice("radio", "device", d.id, i === 0, d.label)));
      element("device").hidden = false;
      break;
    case "MFA":
      heading("Enter your code", bank + " sent a one-time code to your device.");
      if (pane.device) element("lead").textContent += " (" + pane.device + ")";
      element("code").hidden = false;
      break;
    case "OAUTH":
      heading("Log in at " + bank, "Go to " + bank + " to " + verb + app + ".");
      element("continue").textContent = "Continue to " + bank;
      element("continue").hidden = element("bank").hidden = false;
      break;
    case "OAUTH_OPEN":
      heading("Go on at " + bank, "Sign in on the bank's own page. This one goes on by itself once you are done there.");
      break;
    case "SELECT_ACCOUNT":
      heading("Choose your accounts", "Tick the accounts of " + bank + " to " + verb + app + ".");
      element("account-list").replaceChildren(...pane.accounts.map((a) => choice("checkbox", "account", a.id, a.ticked, a.name, a.mask)));
      element("accounts").hidden = false;
      break;
    case "ERROR":
      drawTrouble(pane, bank);
      break;
    case "CONNECTED":
      heading("Success", bank + " is " + (pane.is_update_mode ? "connected again to " : "now connected to ") + app + ".");
      element("finish").hidden = false;
      break;
  }
  if (pane.warning) say("warning", pane.warning);
  if (pane.note) say("note", notes[pane.note](bank));
  if (pane.error) complain(pane);
  else element("title").focus();
}

function drawTrouble(pane, bank) {
  const down = pane.error.error_type === "INSTITUTION_ERROR";
  heading(down ? bank + " cannot be reached" : bank + " could not be connected", pane.may_choose ? "You can choose another bank." : "");
  element("again").hidden = !pane.may_retry;
  element("another").hidden = !pane.may_choose;
  if (!pane.may_retry) element("leave").hidden = false;
}

// drawRefusal is for a link that does not open at all.
export function drawRefusal(error, canLeave) {
  reset();
  heading("This link cannot be opened", "Go back to the app and try again.");
  say("problem", error.display_message || error.error_message);
  element("leave").hidden = !canLeave;
  element("title").focus();
}

function complain(pane) {
  say("problem", pane.error.display_message || pane.error.error_message);
  const wrong = pane.view === "MFA" ? ["otp"] : pane.view === "CREDENTIAL" ? ["username", "password"] : [];
  wrong.forEach((id) => element(id).setAttribute("aria-invalid", "true"));
  if (wrong.length > 0) element(wrong[wrong.length - 1]).focus();
  else element("title").focus();
}

function testCredentials() {
  const [user, pass] = ["user_good", "pass_good"].map((text) => {
    const code = document.createElement("code");
    code.textContent = text;
    return code;
  });
  element("credentials-hint").replaceChildren("Test credentials: ", user, " and ", pass, ".");
}

function listInstitutions(institutions, chooseBank) {
  element("institutions").replaceChildren(...institutions.map((institution) => {
    const entry = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = institution.name;
    button.addEventListener("click", () => chooseBank(institution.institution_id));
    entry.append(button);
    return entry;
  }));
  element("institutions").hidden = false;
}

function choice(type, name, value, checked, text, mask) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  const words = document.createElement("span");
  label.className = "choice";
  Object.assign(box, { type, name, value, checked });
  words.append(text);
  if (mask) {
    const ending = document.createElement("span");
    ending.className = "mask";
    ending.textContent = "ending in " + mask;
    words.append(" ", ending);
  }
  label.append(box, words);
  return label;
}
