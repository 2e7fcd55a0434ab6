/* Forms with data-keep: what is typed is kept on this device, locked, until it has arrived. Each tab keeps its own. */
(function () {
  "use strict";
  var LONGEST = 7 * 24 * 3600 * 1000;
  if (!self.Kept || !Kept.able) return;

  function word(name) {
    return (self.WORDS || {})[name] || name;
  }
  function fields(form) {
    return Array.prototype.filter.call(form.elements, function (f) {
      return f.name && ["password", "file", "submit", "button"].indexOf(f.type) < 0 && ["csrf_token", "seen", "resolve"].indexOf(f.name) < 0;
    });
  }
  function read(form) {
    var typed = {};
    fields(form).forEach(function (f) {
      typed[f.name] = typed[f.name] || [];
      if ((f.type === "radio" || f.type === "checkbox") && !f.checked) return;
      if (f.multiple && f.options) {
        Array.prototype.forEach.call(f.selectedOptions, function (o) { typed[f.name].push(o.value); });
      } else typed[f.name].push(f.value);
    });
    return typed;
  }
  function write(form, typed) {
    fields(form).forEach(function (f) {
      var values = typed[f.name];
      if (!values) return;
      if (f.type === "radio" || f.type === "checkbox") f.checked = values.indexOf(f.value) >= 0;
      else if (f.multiple && f.options) Array.prototype.forEach.call(f.options, function (o) { o.selected = values.indexOf(o.value) >= 0; });
      else if (values.length) f.value = values[0];
    });
    form.dispatchEvent(new CustomEvent("put-back"));
  }

  function hold(id) {
    if (navigator.locks) navigator.locks.request("draft:" + id, function () { return new Promise(function () {}); });
  }
  function held() {
    if (!navigator.locks) return Promise.resolve([]);
    return navigator.locks.query().then(function (found) { return found.held.map(function (one) { return one.name; }); });
  }

  function keep(form) {
    var account = form.dataset.account || "", path = location.pathname, kind = form.dataset.keep;
    var state = { id: "d-" + Date.now().toString(36) + Math.random().toString(36).slice(2), dirty: false, at: null, timer: null };
    form.keeping = state;
    hold(state.id);

    state.save = function () {
      if (!state.dirty) return Promise.resolve();
      state.dirty = false;
      clearTimeout(state.timer);
      state.timer = null;
      return Kept.lock(read(form)).then(function (locked) {
        if (state.over) return null;
        return Kept.store.put("drafts", { id: state.id, account: account, path: path, kind: kind, at: Date.now(), locked: locked });
      }).catch(function () { state.dirty = true; });
    };
    state.forget = function () {
      state.over = true;
      clearTimeout(state.timer);
      return Kept.store.drop("drafts", state.id);
    };
    function changed() {
      state.dirty = state.touched = true;
      if (!state.timer) state.timer = setTimeout(state.save, 250);
    }
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("kept-changed", changed);
    window.addEventListener("pagehide", state.save);
    document.addEventListener("visibilitychange", function () { if (document.hidden) state.save(); });
    form.addEventListener("submit", function (event) {
      if (event.defaultPrevented) return;
      /* The page that comes says whether it arrived (ui.js); until then the draft stays. */
      try { sessionStorage.setItem("kept-sent", state.id); } catch (error) { /* it is asked about next time */ }
      state.dirty = true;
      state.save();
    });

    function adopt(row) {
      return Kept.unlock(row.locked).then(function (typed) {
        write(form, typed);
        var old = state.id;
        state.id = row.id;
        hold(row.id);
        if (old !== row.id) Kept.store.drop("drafts", old);
        tell(row);
      });
    }
    function tell(row) {
      var place = document.getElementById("kept") || form.parentNode;
      var note = document.createElement("div");
      note.className = "note info kept";
      note.setAttribute("role", "status");
      var said = document.createElement("div");
      said.textContent = (form.dataset.said || word("kept")) + " (" + new Date(row.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) + ") ";
      var away = document.createElement("button");
      away.type = "button";
      away.className = "btn small";
      away.textContent = form.dataset.away || word("discard");
      away.addEventListener("click", function () { state.forget().then(function () { location.reload(); }); });
      said.append(away);
      note.append(said);
      if (place === form.parentNode) place.insertBefore(note, form); else place.append(note);
    }

    /* Drafts of this form that no open tab holds: the newest is put back, the others are offered. */
    state.ready = Promise.all([Kept.store.all("drafts"), held()]).then(bring);
    /* A tab that was killed lets go of its drafts a moment later: looked at once more, unless something is typed. */
    setTimeout(function () {
      if (!state.dirty && !state.found && !state.over) Promise.all([Kept.store.all("drafts"), held()]).then(bring);
    }, 1500);
    function bring(found) {
      if (state.found || state.touched) return null;
      var now = Date.now();
      var own = found[0].filter(function (row) {
        if (now - row.at > LONGEST) { Kept.store.drop("drafts", row.id); return false; }
        return row.account === account && row.kind === kind && row.path === path && found[1].indexOf("draft:" + row.id) < 0 && row.id !== state.id;
      });
      own.sort(function (a, b) { return b.at - a.at; });
      if (!own.length || document.querySelector(".errsum, [data-unsent]")) return null;
      var others = own.slice(1);
      state.found = true;
      return adopt(own[0]).then(function () {
        others.forEach(function (row) {
          var place = document.getElementById("kept");
          if (!place) return;
          var button = document.createElement("button");
          button.type = "button";
          button.className = "btn small";
          button.textContent = word("kept-other") + " · " + new Date(row.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
          button.addEventListener("click", function () { state.dirty = true; state.save().then(function () { adopt(row); button.remove(); }); });
          place.append(button);
        });
      });
    }
    state.ready.catch(function () { /* no storage: the form works as ever */ });
  }

  self.Drafts = { read: read, write: write };
  /* The page that stands in without a network knows nobody: the key and the account are given here. */
  function begin() {
    Kept.store.get("meta", "facts").catch(function () { return null; }).then(function (facts) {
      document.querySelectorAll("form[data-keep]").forEach(function (form) {
        if (!form.dataset.account && facts) {
          form.dataset.account = facts.account;
          form.elements.entry_key.value = text();
        }
        keep(form);
      });
      document.dispatchEvent(new CustomEvent("drafts-ready"));
    });
  }
  function text() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (one) { return (one + 256).toString(16).slice(1); }).join("");
  }
  self.Drafts.text = text;
  if (document.readyState === "complete") begin(); else document.addEventListener("DOMContentLoaded", begin);
})();
