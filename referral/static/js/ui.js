/* Makes pages quicker; every page works without it. */
(function () {
  "use strict";

  /* Forms with data-draft: what is typed survives a lost page, in this tab only, until it is sent. */
  function keep(form) {
    var key = "draft:" + location.pathname + ":" + form.dataset.draft;
    var fields = function () {
      return Array.prototype.filter.call(form.elements, function (f) {
        return f.name && ["hidden", "password", "file", "submit", "button"].indexOf(f.type) < 0 && f.name !== "csrf_token";
      });
    };
    var saved = null;
    try { saved = JSON.parse(sessionStorage.getItem(key)); } catch (error) { return; }
    if (saved && !document.querySelector(".errsum")) {
      fields().forEach(function (f) {
        var values = saved[f.name];
        if (!values) return;
        if (f.type === "radio" || f.type === "checkbox") f.checked = values.indexOf(f.value) >= 0;
        else if (f.multiple) Array.prototype.forEach.call(f.options, function (o) { o.selected = values.indexOf(o.value) >= 0; });
        else if (values.length) f.value = values[0];
      });
    }
    form.addEventListener("input", function () {
      var typed = {};
      fields().forEach(function (f) { typed[f.name] = typed[f.name] || []; });
      new FormData(form).forEach(function (value, name) {
        if (typeof value === "string" && typed[name]) typed[name].push(value);
      });
      try { sessionStorage.setItem(key, JSON.stringify(typed)); } catch (error) { /* full: nothing to keep it in */ }
    });
    form.addEventListener("submit", function () {
      var typed = sessionStorage.getItem(key);
      if (typed) { sessionStorage.removeItem(key); sessionStorage.setItem("sent-" + key, typed); }
    });
  }

  /* A sent draft is forgotten only when a page comes that took it: not an error, not the sign-in of an ended session. */
  function settle() {
    var visit = (performance.getEntriesByType("navigation")[0] || {}).type;
    var refused = document.querySelector(".errsum, [data-unsent], input[type=password]") || visit === "back_forward" || visit === "reload";
    try {
      Object.keys(sessionStorage).forEach(function (key) {
        if (key.indexOf("sent-draft:") !== 0) return;
        if (refused) sessionStorage.setItem(key.slice(5), sessionStorage.getItem(key));
        sessionStorage.removeItem(key);
      });
    } catch (error) { /* no storage here: nothing was kept */ }
  }

  /* What phones keep (phone-store.js): a sent draft goes when its page has arrived, the list of people at the way out. */
  function dropKept(store, id) {
    if (typeof indexedDB === "undefined") return Promise.resolve();
    return new Promise(function (done) {
      var asked = indexedDB.open("yuanqiao");
      asked.onupgradeneeded = function () { asked.transaction.abort(); };
      asked.onerror = done;
      asked.onsuccess = function () {
        var step = asked.result.transaction(store, "readwrite");
        if (id) step.objectStore(store).delete(id); else step.objectStore(store).clear();
        step.oncomplete = step.onabort = function () { asked.result.close(); done(); };
      };
    }).catch(function () { /* nothing is kept here */ });
  }
  function settleKept() {
    var sent = null;
    try { sent = sessionStorage.getItem("kept-sent"); sessionStorage.removeItem("kept-sent"); } catch (error) { return; }
    var arrived = !document.querySelector(".errsum, [data-unsent], input[type=password]");
    if (sent && arrived) dropKept("drafts", sent);
    if (document.querySelector("input[type=password]")) dropKept("people");
  }
  function wipeAtTheDoor(form) {
    if (!/\/sign-out$/.test(form.action)) return;
    form.addEventListener("submit", function (event) {
      if (form.dataset.wiped) return;
      event.preventDefault();
      form.dataset.wiped = "yes";
      dropKept("people").then(function () { form.submit(); });
    });
  }

  /* Forms with data-confirm ask first, in a dialog that says what follows. */
  function confirmFirst(form) {
    if (typeof HTMLDialogElement === "undefined") return;
    form.addEventListener("submit", function (event) {
      if (form.dataset.confirmed) return;
      event.preventDefault();
      var pressed = event.submitter;
      var box = document.createElement("dialog");
      var text = document.createElement("p");
      text.textContent = form.dataset.confirm;
      text.id = "confirm-text";
      box.setAttribute("aria-labelledby", text.id);
      var acts = document.createElement("div");
      acts.className = "acts mt";
      var yes = document.createElement("button");
      yes.className = "btn primary";
      yes.textContent = form.dataset.yes;
      var no = document.createElement("button");
      no.className = "btn ghost";
      no.textContent = form.dataset.no;
      acts.append(yes, no);
      box.append(text, acts);
      document.body.append(box);
      box.addEventListener("close", function () { box.remove(); });
      no.addEventListener("click", function () { box.close(); });
      yes.addEventListener("click", function () {
        form.dataset.confirmed = "yes";
        if (form.requestSubmit) form.requestSubmit(pressed); else form.submit();
      });
      box.showModal();
    });
  }

  /* Fields with data-filter="id" hide the rows of that table or list that do not hold what is typed. */
  function filter(field) {
    var target = document.getElementById(field.dataset.filter);
    if (!target) return;
    var rows = target.querySelectorAll("tbody tr, li");
    field.closest("[hidden]") && (field.closest("[hidden]").hidden = false);
    field.addEventListener("input", function () {
      var wanted = field.value.trim().toLowerCase();
      rows.forEach(function (row) { row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0; });
    });
  }

  /* Elements with an id and data-refresh="seconds" fetch themselves anew until the answer has no data-refresh. */
  function refresh(part) {
    setTimeout(function again() {
      if (document.hidden) { setTimeout(again, 1000); return; }
      fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" })
        .then(function (answer) { if (!answer.ok) throw new Error(); return answer.text(); })
        .then(function (html) {
          var fresh = new DOMParser().parseFromString(html, "text/html").getElementById(part.id);
          if (!fresh || !fresh.dataset.refresh) { location.reload(); return; }
          part.innerHTML = fresh.innerHTML;
          refresh(part);
        })
        .catch(function () { setTimeout(again, 5000); });
    }, Number(part.dataset.refresh) * 1000);
  }

  /* data-check-all="name" ticks all boxes of that name. */
  function checkAll(box) {
    box.hidden = false;
    box.addEventListener("change", function () {
      Array.prototype.forEach.call(document.getElementsByName(box.dataset.checkAll), function (one) { if (!one.disabled) one.checked = box.checked; });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    settle();
    settleKept();
    document.querySelectorAll("form").forEach(wipeAtTheDoor);
    document.querySelectorAll("form[data-draft]").forEach(keep);
    document.querySelectorAll("form[data-confirm]").forEach(confirmFirst);
    document.querySelectorAll("input[data-filter]").forEach(filter);
    document.querySelectorAll("[data-refresh][id]").forEach(refresh);
    document.querySelectorAll("input[data-check-all]").forEach(checkAll);
    document.querySelectorAll("select[data-submit]").forEach(function (list) {
      list.addEventListener("change", function () { list.form.requestSubmit ? list.form.requestSubmit() : list.form.submit(); });
    });
    document.querySelectorAll("button[data-print]").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () { window.print(); });
    });
    var summary = document.querySelector("[data-focus]");
    if (summary) summary.focus();
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  });
})();
