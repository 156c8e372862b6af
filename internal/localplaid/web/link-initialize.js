// Link of the local Plaid: the same window.Plaid.create(...) as cdn.plaid.com's script, over a frame served by the sandbox.
(function () {
  "use strict";

  var BASE_URL = "{{base_url}}";
  var FRAME_ORIGIN = new URL(BASE_URL).origin;
  var count = 0;

  // Plaid opens a bank's page in the same window where pop-ups are not to be had: in the browsers inside mail and other apps
  // of a phone. They do not say what they are, so here every phone is taken for one.
  function onAPhone() {
    return /Mobi|Android|iPhone|iPad|iPod/i.test(navigator.userAgent) || window.matchMedia("(hover: none) and (pointer: coarse)").matches;
  }

  function create(options) {
    options = options || {};
    if (!options.token) throw new Error("Plaid.create: token is missing");

    var dialog = document.createElement("div");
    var frame = document.createElement("iframe");
    var ready = false;
    var wantOpen = false;
    var isOpen = false;
    var focusedBefore = null;
    var overflowBefore = "";
    var madeInert = [];

    dialog.setAttribute("role", "dialog");
    dialog.setAttribute("aria-modal", "true");
    dialog.setAttribute("aria-label", "Plaid Link");
    dialog.style.cssText = "position:fixed;inset:0;z-index:2147483647;display:none";
    frame.id = "plaid-link-iframe-" + ++count;
    frame.title = "Plaid Link (local Plaid)";
    frame.style.cssText = "width:100%;height:100%;border:0;background:transparent;color-scheme:light";
    frame.src = BASE_URL + "/link/session?token=" + encodeURIComponent(options.token) + "&origin=" + encodeURIComponent(location.origin);
    dialog.appendChild(frame);

    function call(name) {
      var callback = options[name];
      if (typeof callback !== "function") return;
      callback.apply(null, Array.prototype.slice.call(arguments, 1));
    }

    function tell(message) {
      if (frame.contentWindow) frame.contentWindow.postMessage(message, FRAME_ORIGIN);
    }

    function show() {
      isOpen = true;
      focusedBefore = document.activeElement;
      overflowBefore = document.documentElement.style.overflow;
      document.documentElement.style.overflow = "hidden";
      dialog.style.display = "block";
      madeInert = Array.prototype.filter.call(document.body.children, function (other) { return other !== dialog && !other.inert; });
      madeInert.forEach(function (other) { other.inert = true; }); // so that Tab stays in Link
      frame.focus();
      tell({ type: "open", receivedRedirectUri: options.receivedRedirectUri || null, phone: onAPhone() });
    }

    function hide() {
      if (!isOpen) return;
      isOpen = false;
      dialog.style.display = "none";
      document.documentElement.style.overflow = overflowBefore;
      madeInert.forEach(function (other) { other.inert = false; });
      if (focusedBefore && focusedBefore.focus) focusedBefore.focus();
    }

    // Only the frame itself, still at the sandbox, is listened to.
    function receive(event) {
      if (event.origin !== FRAME_ORIGIN || event.source !== frame.contentWindow) return;
      var message = event.data || {};
      switch (message.type) {
        case "ready":
          if (ready) return;
          ready = true;
          call("onLoad");
          if (wantOpen) show();
          break;
        case "event":
          call("onEvent", message.name, message.metadata);
          break;
        case "redirect": // to the bank's own page; the frame itself may not take the window there
          if (String(message.url).indexOf(FRAME_ORIGIN + "/link/oauth/") === 0) location.assign(message.url);
          break;
        case "success":
          hide();
          call("onSuccess", message.publicToken, message.metadata);
          break;
        case "exit":
          hide();
          call("onExit", message.error, message.metadata);
          break;
      }
    }

    window.addEventListener("message", receive);
    if (document.body) document.body.appendChild(dialog);
    else document.addEventListener("DOMContentLoaded", function () { document.body.appendChild(dialog); });

    return {
      open: function () {
        if (isOpen) return;
        wantOpen = true;
        if (ready) show();
      },
      // exit ends the session as its close button does, so onExit is called.
      exit: function () {
        if (isOpen) tell({ type: "exit" });
      },
      // destroy takes Link off the page without any callback, as Plaid's does.
      destroy: function () {
        hide();
        window.removeEventListener("message", receive);
        dialog.remove();
      },
      // submit belongs to Plaid Layer, which takes a phone number; no session here asks for one.
      submit: function () {
        throw new Error("Plaid.submit: the local Plaid does not offer Layer");
      },
    };
  }

  window.Plaid = { create: create };
})();
